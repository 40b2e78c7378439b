package io.polyspark.train.averaging;

import java.util.Arrays;

/** The same rounds in one JVM, in float64 loops: what {@link AveragingRound} has to arrive at. */
final class PlainAveraging {
  private final int replicas;
  private final OptimizerStatePolicy policy;
  private final double[] parameters = new double[AveragingRoundTest.PARAMETERS];
  private final double[] velocity = new double[AveragingRoundTest.PARAMETERS];
  private final double[][] momenta;
  private double outerMomentum;

  PlainAveraging(int replicas, OptimizerStatePolicy policy) {
    this.replicas = replicas;
    this.policy = policy;
    this.momenta = new double[replicas][AveragingRoundTest.PARAMETERS];
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = start(i);
    }
  }

  static double start(int element) {
    return (float) Math.cos(element);
  }

  /** 0 unless told otherwise: plain averages. */
  void outerMomentum(double value) {
    this.outerMomentum = value;
  }

  double[] parameters() {
    return parameters;
  }

  /** A replica's momentum after the last round; under AVERAGED the same for all. */
  double[] momentum(int replica) {
    return momenta[replica];
  }

  void run(int rounds, int steps) {
    int[] each = new int[replicas];
    Arrays.fill(each, steps);
    run(rounds, each);
  }

  /**
   * @param steps of each replica in every round
   */
  void run(int rounds, int[] steps) {
    int most = Arrays.stream(steps).max().orElseThrow();
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < parameters.length; i++) {
        element(i, (long) round * most, steps);
      }
    }
  }

  /** Elements do not depend on each other, so a round can be computed one by one. */
  private void element(int i, long completed, int[] steps) {
    int all = Arrays.stream(steps).sum();
    double sum = 0;
    double sumOfMomenta = 0;
    for (int w = 0; w < replicas; w++) {
      double x = parameters[i];
      double m = policy == OptimizerStatePolicy.RESET ? 0 : momenta[w][i];
      for (long step = completed; step < completed + steps[w]; step++) {
        double gradient = MomentumTask.gradient(x, i, w, step);
        m = MomentumTask.MOMENTUM * m + (1 - MomentumTask.MOMENTUM) * gradient;
        x -= MomentumTask.rate(step) * m;
      }
      sum += steps[w] * (parameters[i] - x);
      sumOfMomenta += steps[w] * m;
      momenta[w][i] = m;
    }
    velocity[i] = outerMomentum * velocity[i] + sum / all;
    parameters[i] -= velocity[i];
    if (policy == OptimizerStatePolicy.AVERAGED) {
      for (double[] momentum : momenta) {
        momentum[i] = sumOfMomenta / all;
      }
    }
  }
}
