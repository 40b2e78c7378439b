package io.polyspark.train.averaging;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.TaskContext;

/**
 * A replica without a network: gradient descent with momentum on a quadratic whose minimum depends
 * on replica and step, at a rate that depends on the step. Small, yet every input of a round
 * matters to it. It reports the rate of its last step.
 *
 * @param steps steps per round
 * @param accident what goes wrong, on the first attempt or on each
 * @param attempts a folder in which each attempt leaves a file
 */
record MomentumTask(int steps, Accident accident, String attempts) implements ReplicaTask<Double> {
  static final double MOMENTUM = 0.9;

  /** What happens to replica 1. */
  enum Accident {
    NONE,
    FIRST_ATTEMPT_FAILS,
    FIRST_EXECUTOR_DIES,
    LOSS_IS_NAN,
    USER_IS_WRONG,
    PARAMETER_IS_INFINITE,
    HAS_NO_DATA,
    IS_LATE
  }

  static MomentumTask undisturbed(int steps) {
    return new MomentumTask(steps, Accident.NONE, "");
  }

  static MomentumTask disturbed(int steps, Accident accident, Path attempts) {
    return new MomentumTask(steps, accident, attempts.toString());
  }

  /** The rate of a step, counted over all rounds from 0. */
  static double rate(long step) {
    return 0.5 / (1 + step);
  }

  /** The gradient at {@code x}. */
  static double gradient(double x, int element, int replica, long step) {
    return x - Math.sin(1 + element + 10.0 * replica + 100.0 * step);
  }

  @Override
  public TrainedReplica<Double> run(RoundInput input) throws IOException {
    boolean mine = input.replica() == 1;
    int attempt = TaskContext.get().attemptNumber();
    if (mine && accident != Accident.NONE) {
      Files.createFile(Path.of(attempts, "round-" + input.round() + "-attempt-" + attempt));
    }
    if (mine && attempt == 0 && accident == Accident.FIRST_ATTEMPT_FAILS) {
      throw new IllegalStateException("An accident, on purpose");
    }
    if (mine && attempt == 0 && accident == Accident.FIRST_EXECUTOR_DIES) {
      Runtime.getRuntime().halt(1);
    }
    if (mine && accident == Accident.USER_IS_WRONG) {
      throw new UserError("Give it another number.");
    }
    boolean idle = mine && accident == Accident.HAS_NO_DATA;
    boolean late = mine && accident == Accident.IS_LATE;
    Trained trained = train(input, idle ? 0 : late ? steps / 2 : steps);
    if (mine && accident == Accident.LOSS_IS_NAN) {
      throw new DivergedException(
          input.round(), input.replica(), input.completedSteps() + steps, "The loss is NaN");
    }
    if (mine && accident == Accident.PARAMETER_IS_INFINITE) {
      trained.parameters.write(7, new float[] {Float.POSITIVE_INFINITY}, 0, 1);
    }
    return trained;
  }

  private Trained train(RoundInput input, int count) {
    float[] parameters = new float[AveragingRoundTest.PARAMETERS];
    float[] momentum = new float[AveragingRoundTest.PARAMETERS];
    ArrayVector momentumVector = new ArrayVector(momentum);
    input.readParameters(new ArrayVector(parameters));
    input.readOptimizerState(List.of(momentumVector));
    double rate = 0;
    for (int h = 0; h < count; h++) {
      long step = input.completedSteps() + h;
      rate = rate(step);
      for (int i = 0; i < parameters.length; i++) {
        double gradient = gradient(parameters[i], i, input.replica(), step);
        momentum[i] = (float) (MOMENTUM * momentum[i] + (1 - MOMENTUM) * gradient);
        parameters[i] = (float) (parameters[i] - rate * momentum[i]);
      }
    }
    return new Trained(new ArrayVector(parameters), List.of(momentumVector), count, rate);
  }

  private record Trained(
      FlatVector parameters, List<FlatVector> optimizerState, long steps, Double metrics)
      implements TrainedReplica<Double> {
    @Override
    public void close() {}
  }
}
