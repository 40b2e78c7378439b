package io.polyspark.train;

import io.polyspark.model.checkpoint.TrainerState;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.hadoop.fs.Path;

/** The counters of a run, on the driver. Not thread safe. */
final class RunProgress {
  private int round;
  private long completedSteps;
  private long samplesConsumed;
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
          progress.samplesConsumed = state.samplesConsumed();
          progress.tokensSeen = state.tokensSeen();
        });
    return progress;
  }

  /**
   * Counts a round.
   *
   * @param steps H, steps of each replica
   * @param loss its training loss
   */
  void completed(TrainConfig config, long steps, double loss) {
    long samples = steps * config.replicas() * config.batch();
    round++;
    completedSteps += steps;
    samplesConsumed += samples;
    tokensSeen += samples * config.context();
    this.loss = loss;
  }

  void validated(double loss) {
    validationLoss = OptionalDouble.of(loss);
  }

  long completedSteps() {
    return completedSteps;
  }

  /** c of the data order. */
  long samplesConsumed() {
    return samplesConsumed;
  }

  long tokensSeen() {
    return tokensSeen;
  }

  /**
   * @param checkpoint the run's last
   */
  TrainResult result(Path checkpoint) {
    return new TrainResult(checkpoint, round, tokensSeen, loss, validationLoss);
  }
}
