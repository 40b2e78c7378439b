package io.polyspark.train.averaging;

import java.util.List;

/** theta_{r+1} = theta_r - mean delta, which is the mean of the replicas' parameters. */
record Average() implements OuterOptimizer {
  @Override
  public List<String> stateNames() {
    return List.of();
  }

  @Override
  public void step(
      int round,
      float[] parameters,
      double[] pseudoGradient,
      List<float[]> state,
      float[] nextParameters,
      List<float[]> nextState) {
    for (int i = 0; i < nextParameters.length; i++) {
      nextParameters[i] = (float) (parameters[i] - pseudoGradient[i]);
    }
  }
}
