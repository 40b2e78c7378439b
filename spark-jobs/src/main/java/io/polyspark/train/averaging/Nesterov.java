package io.polyspark.train.averaging;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * u_{r+1} = mu u_r + g and theta_{r+1} = theta_r - lr (g + mu u_{r+1}), where g is the mean delta:
 * Nesterov's momentum without dampening, in the form of {@code torch.optim.SGD}.
 */
record Nesterov(
    @JsonProperty(value = "lr", required = true) double lr,
    @JsonProperty(value = "momentum", required = true) double momentum)
    implements OuterOptimizer {
  Nesterov {
    OuterRanges.requirePositive("lr", lr);
    OuterRanges.requireDecay("momentum", momentum);
  }

  @Override
  public List<String> stateNames() {
    return List.of("momentum");
  }

  @Override
  public void step(
      int round,
      float[] parameters,
      double[] pseudoGradient,
      List<float[]> state,
      float[] nextParameters,
      List<float[]> nextState) {
    float[] before = state.get(0);
    float[] after = nextState.get(0);
    for (int i = 0; i < nextParameters.length; i++) {
      double gradient = pseudoGradient[i];
      double velocity = momentum * before[i] + gradient;
      after[i] = (float) velocity;
      nextParameters[i] = (float) (parameters[i] - lr * (gradient + momentum * velocity));
    }
  }
}
