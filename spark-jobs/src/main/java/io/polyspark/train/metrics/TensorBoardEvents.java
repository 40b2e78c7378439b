package io.polyspark.train.metrics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * {@code tensorboard/events.out.tfevents.*}: the run's numbers for TensorBoard, a file that grows
 * by whole rounds, on any Hadoop file system. What it holds is made of the records of {@code
 * metrics.jsonl} and nothing else: a run that goes on writes a new file of those that it has kept,
 * and removes the old one, so that nothing lies past its checkpoint.
 */
public final class TensorBoardEvents implements MetricsSink {
  private static final String PREFIX = "events.out.tfevents.";

  /** Bytes that wait at most while a run is recalled. */
  private static final int WAITING = 1 << 22;

  private final FileSystem fs;
  private final GrowingFile file;
  private final List<Path> before;
  private final List<StepMetrics> steps = new ArrayList<>();

  private TensorBoardEvents(FileSystem fs, GrowingFile file, List<Path> before) {
    this.fs = fs;
    this.file = file;
    this.before = before;
  }

  /**
   * Begins a file.
   *
   * @param directory where event files lie, and nothing else; made where it is not there
   * @param time of the beginning, milliseconds since 1970
   */
  public static TensorBoardEvents open(FileSystem fs, Path directory, long time) {
    try {
      List<Path> before = eventFiles(fs, directory);
      Path name = new Path(directory, name(time, before.size()));
      GrowingFile file = new GrowingFile(fs, name);
      file.begin(out -> out.write(EventFile.version(time * 1e-3)));
      if (!before.isEmpty()) {
        file.add(EventFile.restart(time * 1e-3, 0));
      }
      before.removeIf(old -> old.getName().equals(name.getName()));
      return new TensorBoardEvents(fs, file, before);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write to " + directory, e);
    }
  }

  /** Takes a record of the rounds up to the checkpoint that a run goes on from, in its order. */
  public void recall(Metrics record) {
    if (record instanceof StepMetrics step) {
      steps.add(step);
    } else if (record instanceof RoundMetrics round) {
      add(round);
      if (file.waiting() > WAITING) {
        file.flush();
      }
    }
  }

  /** Writes what was recalled and removes the files of the earlier part of the run. */
  public void recalled() {
    file.flush();
    try {
      for (Path old : before) {
        fs.delete(old, false);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot remove " + before, e);
    }
  }

  /** TensorBoard reads files in the order of their names. */
  private static String name(long time, int before) {
    return String.format(Locale.ROOT, "%s%010d.polyspark.%d", PREFIX, time / 1000, before);
  }

  private static List<Path> eventFiles(FileSystem fs, Path directory) throws IOException {
    fs.mkdirs(directory);
    List<Path> files = new ArrayList<>();
    for (FileStatus status : fs.listStatus(directory)) {
      if (status.getPath().getName().startsWith(PREFIX)) {
        files.add(status.getPath());
      }
    }
    return files;
  }

  @Override
  public void replicaRound(ReplicaRoundEvent event) {
    steps.addAll(event.steps());
  }

  @Override
  public void round(RoundMetrics round) {
    add(round);
    file.grow("What TensorBoard shows of round " + round.round());
  }

  private void add(RoundMetrics round) {
    double time = round.time() * 1e-3;
    stepScalars().forEach((step, scalars) -> file.add(EventFile.scalars(time, step, scalars)));
    file.add(EventFile.scalars(time, round.step(), roundScalars(round)));
    steps.clear();
  }

  /** What each replica measured, by the step. */
  private Map<Long, Map<String, Double>> stepScalars() {
    Map<Long, Map<String, Double>> all = new TreeMap<>();
    for (StepMetrics step : steps) {
      Map<String, Double> scalars =
          all.computeIfAbsent(step.step(), number -> new LinkedHashMap<>());
      scalars.put("steps/loss/replica_" + step.replica(), step.loss());
      scalars.put("steps/gradient_norm/replica_" + step.replica(), step.gradientNorm());
      scalars.put("steps/learning_rate", step.learningRate());
    }
    return all;
  }

  private Map<String, Double> roundScalars(RoundMetrics round) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    RoundScalars.of(round, steps).forEach((name, value) -> scalars.put("rounds/" + name, value));
    for (ReplicaMetrics replica : round.replicas()) {
      scalars.put("replicas/drift/replica_" + replica.replica(), replica.drift());
      scalars.put(
          "replicas/tokens_per_second/replica_" + replica.replica(), replica.tokensPerSecond());
    }
    for (int layer = 0; layer < round.experts().size(); layer++) {
      ExpertMetrics experts = round.experts().get(layer);
      scalars.put("experts/entropy/layer_" + layer, experts.entropy());
      scalars.put("experts/load_balancing_loss/layer_" + layer, experts.loadBalancingLoss());
      scalars.put("experts/z_loss/layer_" + layer, experts.zLoss());
    }
    for (int number = 0; number < round.health().layers().size(); number++) {
      String layer = "/layer_" + number;
      LayerHealth health = round.health().layers().get(number);
      health
          .deadActivations()
          .ifPresent(share -> scalars.put("health/dead_activations" + layer, share));
      health.deadChannels().ifPresent(share -> scalars.put("health/dead_channels" + layer, share));
      health.saturation().ifPresent(share -> scalars.put("health/saturation" + layer, share));
    }
    round
        .coefficients()
        .forEach(
            (name, values) -> {
              for (int i = 0; i < values.length; i++) {
                scalars.put("coefficients/" + name + "/" + i, values[i]);
              }
            });
    return scalars;
  }

  @Override
  public void flush() {
    file.flush();
  }

  @Override
  public void close() {
    flush();
  }
}
