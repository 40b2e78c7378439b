package io.polyspark.train.averaging;

import java.util.List;

/** Outer gradient descent with momentum and rate 1: an outer optimizer with a state, for tests. */
record HeavyBall(float momentum) implements OuterOptimizer {
  @Override
  public List<String> stateNames() {
    return List.of("velocity");
  }

  @Override
  public void step(
      int round,
      float[] parameters,
      double[] pseudoGradient,
      List<float[]> state,
      float[] nextParameters,
      List<float[]> nextState) {
    for (int i = 0; i < parameters.length; i++) {
      double velocity = momentum * state.get(0)[i] + pseudoGradient[i];
      nextState.get(0)[i] = (float) velocity;
      nextParameters[i] = (float) (parameters[i] - velocity);
    }
  }
}
