package io.polyspark.train;

import io.polyspark.model.checkpoint.TrainerState;
import io.polyspark.model.shards.DataPosition;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.apache.hadoop.fs.Path;

/** The counters of a run, on the driver. Not thread safe. */
final class RunProgress {
  private int round;
  private long completedSteps;
  private OptionalInt replicas = OptionalInt.empty();
  private DataPosition position = DataPosition.start();
  private long tokensSeen;
  private double loss = Double.NaN;
  private OptionalDouble validationLoss = OptionalDouble.empty();

  private RunProgress() {}

  /** Where a checkpoint left the run, or its beginning. */
  static RunProgress of(Optional<TrainerState> checkpoint) {
    RunProgress progress = new RunProgress();
    checkpoint.ifPresent(
        state -> {
          progress.round = state.round();
          progress.completedSteps = state.completedSteps();
          progress.replicas = OptionalInt.of(state.replicas());
          progress.position = state.position();
          progress.tokensSeen = state.tokensSeen();
        });
    return progress;
  }

  /**
   * Counts a round.
   *
   * @param steps H, the steps for which the round had samples
   * @param taken the steps that each replica took
   * @param loss its training loss
   */
  void completed(TrainConfig config, int steps, List<Integer> taken, double loss) {
    long allSteps = taken.stream().mapToLong(Integer::longValue).sum();
    round++;
    completedSteps += Collections.max(taken);
    replicas = OptionalInt.of(taken.size());
    position = position.after(steps, config.batch(), taken);
    tokensSeen += allSteps * config.batch() * config.context();
    this.loss = loss;
  }

  void validated(double loss) {
    validationLoss = OptionalDouble.of(loss);
  }

  long completedSteps() {
    return completedSteps;
  }

  /** W of the last round; empty before the first. */
  OptionalInt replicas() {
    return replicas;
  }

  /** Where the data order goes on. */
  DataPosition position() {
    return position;
  }

  long tokensSeen() {
    return tokensSeen;
  }

  /**
   * @param checkpoint the run's last
   * @param data the corpus that it was trained on
   * @param stopped what has stopped the run before its last step, if anything has
   */
  TrainResult result(Path checkpoint, Path data, Optional<String> stopped) {
    return new TrainResult(checkpoint, data, round, tokensSeen, loss, validationLoss, stopped);
  }
}
