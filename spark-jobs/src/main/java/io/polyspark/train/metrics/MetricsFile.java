package io.polyspark.train.metrics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.config.UserError;
import io.polyspark.model.read.BoundedLines;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.StrictJson;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code metrics.jsonl}: one JSON object per line, {@code {"kind": "step", ...}}, {@code {"kind":
 * "round", ...}} or {@code {"kind": "notice", ...}}, on any Hadoop file system. It grows by whole
 * rounds of whole lines, as a {@link GrowingFile}. {@link #flush} may be called on another thread
 * than the rest.
 */
public final class MetricsFile implements MetricsSink {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsFile.class);
  private static final ObjectMapper JSON = StrictJson.builder().build();

  private final Path file;
  private final GrowingFile lines;
  private final ByteArrayOutputStream round = new ByteArrayOutputStream();

  private MetricsFile(FileSystem fs, Path file) throws IOException {
    this.file = file;
    this.lines = new GrowingFile(fs, file);
  }

  /**
   * Opens the file and drops every line past {@code lastRound}, and a last line that is not whole.
   *
   * @param file the file; it need not exist
   * @param lastRound the round of the checkpoint that the run goes on from, 0 for a new run
   */
  public static MetricsFile open(FileSystem fs, Path file, int lastRound) {
    return open(fs, file, lastRound, kept -> {});
  }

  /**
   * As the other.
   *
   * @param kept gets the records that stay, in order
   */
  public static MetricsFile open(FileSystem fs, Path file, int lastRound, Consumer<Metrics> kept) {
    try {
      MetricsFile metrics = new MetricsFile(fs, file);
      metrics.keepUpTo(lastRound, kept);
      return metrics;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot open " + file, e);
    }
  }

  /**
   * Reads the records of a file in order. A last line without its end, which a killed run may
   * leave, is passed over.
   *
   * @throws UserError naming the first other line that is no record
   * @throws FileNotFoundException if there is no such file
   */
  public static void read(FileSystem fs, Path file, Consumer<Metrics> into) throws IOException {
    try (BoundedLines in = new BoundedLines(fs.open(file), ReadLimits.METRICS_LINE)) {
      for (byte[] line = in.read(); line != null; line = in.read()) {
        Metrics metrics;
        try {
          metrics = record(line, in.isCut());
        } catch (JsonProcessingException e) {
          long number = in.number();
          if (in.read() != null) {
            throw new UserError(
                String.format(
                    "%s: line %d is no record of metrics (%s); take the line out, or the file from"
                        + " its source again.",
                    file, number, StrictJson.reason(e)),
                e);
          }
          return;
        }
        into.accept(metrics);
      }
    }
  }

  private static Metrics record(byte[] line, boolean cut) throws JsonProcessingException {
    if (cut) {
      throw new StreamConstraintsException("it is longer than " + line.length + " bytes");
    }
    Metrics metrics = JSON.readValue(new String(line, StandardCharsets.UTF_8), Metrics.class);
    if (metrics == null) {
      throw new StreamConstraintsException("it is null");
    }
    return metrics;
  }

  @Override
  public void replicaRound(ReplicaRoundEvent event) {
    event.steps().forEach(step -> write(step, round));
  }

  /** It is written with the round that ends next, or when the run ends. */
  @Override
  public void notice(Notice notice) {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    write(notice, line);
    lines.add(line.toByteArray());
  }

  @Override
  public void round(RoundMetrics metrics) {
    write(metrics, round);
    lines.add(round.toByteArray());
    round.reset();
    lines.grow("What was measured in round " + metrics.round());
  }

  /**
   * Writes all rounds that have ended.
   *
   * @throws UncheckedIOException if they cannot be written; they wait
   */
  @Override
  public void flush() {
    lines.flush();
  }

  /**
   * Writes what whole rounds have brought; the steps of a round that did not end are left out.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  @Override
  public void close() {
    flush();
  }

  private static void write(Metrics metrics, ByteArrayOutputStream to) {
    try {
      to.writeBytes(JSON.writeValueAsBytes(metrics));
      to.write('\n');
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void keepUpTo(int lastRound, Consumer<Metrics> kept) throws IOException {
    if (!lines.exists()) {
      if (lastRound > 0) {
        LOG.warn("There is no {} of the rounds up to the checkpoint's, {}", file, lastRound);
      }
      return;
    }
    int[] newest = {0};
    lines.begin(
        out -> {
          read(
              lines.fileSystem(),
              file,
              metrics -> {
                if (metrics.round() <= lastRound) {
                  newest[0] = Math.max(newest[0], metrics.round());
                  write(metrics, round);
                  kept.accept(metrics);
                }
                if (round.size() > 1 << 20) {
                  drainTo(out);
                }
              });
          drainTo(out);
        });
    if (newest[0] < lastRound) {
      LOG.warn(
          "{} ends with round {}, though the checkpoint is of round {}: what lies between is lost",
          file,
          newest[0],
          lastRound);
    }
  }

  private void drainTo(OutputStream out) {
    try {
      round.writeTo(out);
      round.reset();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
  }
}
