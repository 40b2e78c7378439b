package io.polyspark.train.averaging;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/** theta_{r+1} = theta_r - lr g, where g is the mean delta. */
record Sgd(@JsonProperty(value = "lr", required = true) double lr) implements OuterOptimizer {
  Sgd {
    OuterRanges.requirePositive("lr", lr);
  }

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
      nextParameters[i] = (float) (parameters[i] - lr * pseudoGradient[i]);
    }
  }
}
