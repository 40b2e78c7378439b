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
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.IOUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code metrics.jsonl}: one JSON object per line, {@code {"kind": "step", ...}}, {@code {"kind":
 * "round", ...}} or {@code {"kind": "notice", ...}}, on any Hadoop file system. It grows by whole
 * rounds of whole lines. Where the file system appends (local, HDFS), each round is appended at
 * once; where it does not (object stores), the file is written anew when a tenth more has come
 * together, at {@link #flush} and at the end, so that the cost stays in proportion to its size.
 *
 * <p>Rounds that cannot be written, on a full disk or while a name node is away, wait in memory and
 * are written with the next one. {@link #flush} may be called on another thread than the rest.
 */
public final class MetricsFile implements MetricsSink {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsFile.class);
  private static final ObjectMapper JSON = StrictJson.builder().build();

  private final FileSystem fs;
  private final Path file;
  private final Path temporary;
  private final ByteArrayOutputStream round = new ByteArrayOutputStream();
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private long length;
  private boolean appends = true;

  /** An append failed, so the file may have a part of it past {@code length}. */
  private boolean torn;

  private MetricsFile(FileSystem fs, Path file) {
    // The checksummed local file system cannot append; the one beneath it can.
    this.fs = fs instanceof LocalFileSystem local ? local.getRawFileSystem() : fs;
    this.file = file;
    this.temporary = new Path(file.getParent(), "." + file.getName() + ".tmp");
  }

  /**
   * Opens the file and drops every line past {@code lastRound}, and a last line that is not whole.
   *
   * @param file the file; it need not exist
   * @param lastRound the round of the checkpoint that the run goes on from, 0 for a new run
   */
  public static MetricsFile open(FileSystem fs, Path file, int lastRound) {
    MetricsFile metrics = new MetricsFile(fs, file);
    try {
      metrics.recover();
      metrics.keepUpTo(lastRound);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot open " + file, e);
    }
    return metrics;
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
  public synchronized void replicaRound(ReplicaRoundEvent event) {
    event.steps().forEach(step -> write(step, round));
  }

  /** It is written with the round that ends next, or when the run ends. */
  @Override
  public synchronized void notice(Notice notice) {
    write(notice, pending);
  }

  @Override
  public synchronized void round(RoundMetrics metrics) {
    write(metrics, round);
    pending.writeBytes(round.toByteArray());
    round.reset();
    if (appends || pending.size() >= length / 10) {
      try {
        flush();
      } catch (UncheckedIOException e) {
        LOG.warn(
            "The metrics of round {} could not be written and wait for the next: {}",
            metrics.round(),
            e.getMessage());
      }
    }
  }

  /**
   * Writes all rounds that have ended.
   *
   * @throws UncheckedIOException if they cannot be written; they wait
   */
  @Override
  public synchronized void flush() {
    if (pending.size() == 0) {
      return;
    }
    try {
      boolean tryAppend = appends && !torn && length > 0;
      if (!tryAppend || !append()) {
        rewrite();
        if (tryAppend) {
          // Not an outage, which would have caught the rewrite as well.
          appends = false;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    } catch (FSError e) {
      // What Hadoop makes of a local disk that is full.
      throw new UncheckedIOException(
          "Cannot write " + file + ": " + e.getMessage(), new IOException(e));
    }
    torn = false;
    length += pending.size();
    pending.reset();
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

  private boolean append() throws IOException {
    try (OutputStream out = fs.append(file)) {
      pending.writeTo(out);
      return true;
    } catch (UnsupportedOperationException | IOException | FSError e) {
      // Also a small HDFS whose replication asks for more data nodes than it has. What part of the
      // append got through lies past 'length', and the rewrite leaves it out.
      LOG.info("{} cannot be appended to ({}); it is rewritten instead", file, e.toString());
      torn = true;
      return false;
    }
  }

  private void rewrite() throws IOException {
    try (OutputStream out = fs.create(temporary, true)) {
      if (length > 0) {
        try (FSDataInputStream in = fs.open(file)) {
          IOUtils.copyBytes(in, out, length, false);
        }
      }
      pending.writeTo(out);
    }
    replace();
  }

  private void replace() throws IOException {
    fs.delete(file, false);
    if (!fs.rename(temporary, file)) {
      throw new IOException("Cannot rename " + temporary + " to " + file);
    }
  }

  /** A run that died between the two steps of a replacement left only the temporary file. */
  private void recover() throws IOException {
    if (!fs.exists(file) && fs.exists(temporary)) {
      replace();
    }
  }

  private void keepUpTo(int lastRound) throws IOException {
    if (!fs.exists(file)) {
      if (lastRound > 0) {
        LOG.warn("There is no {} of the rounds up to the checkpoint's, {}", file, lastRound);
      }
      return;
    }
    int[] newest = {0};
    try (OutputStream out = fs.create(temporary, true)) {
      read(
          fs,
          file,
          metrics -> {
            if (metrics.round() <= lastRound) {
              newest[0] = Math.max(newest[0], metrics.round());
              write(metrics, round);
            }
            if (round.size() > 1 << 20) {
              drainTo(out);
            }
          });
      drainTo(out);
      if (newest[0] < lastRound) {
        LOG.warn(
            "{} ends with round {}, though the checkpoint is of round {}: what lies between is lost",
            file,
            newest[0],
            lastRound);
      }
    } catch (UserError damaged) {
      fs.delete(temporary, false);
      throw damaged;
    }
    replace();
  }

  private void drainTo(OutputStream out) {
    try {
      round.writeTo(out);
      length += round.size();
      round.reset();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + temporary, e);
    }
  }
}
