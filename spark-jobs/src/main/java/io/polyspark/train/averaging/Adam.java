package io.polyspark.train.averaging;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * m_r = b1 m_{r-1} + (1 - b1) g, v_r = b2 v_{r-1} + (1 - b2) g^2 and theta_{r+1} = theta_r - lr m_r
 * / (1 - b1^r) / (sqrt(v_r / (1 - b2^r)) + eps), where g is the mean delta of round r.
 */
record Adam(
    @JsonProperty(value = "lr", required = true) double lr,
    @JsonProperty(value = "beta1", required = true) double beta1,
    @JsonProperty(value = "beta2", required = true) double beta2,
    @JsonProperty(value = "eps", required = true) double eps)
    implements OuterOptimizer {
  Adam {
    OuterRanges.requirePositive("lr", lr);
    OuterRanges.requireDecay("beta1", beta1);
    OuterRanges.requireDecay("beta2", beta2);
    OuterRanges.requirePositive("eps", eps);
  }

  @Override
  public List<String> stateNames() {
    return List.of("exp_avg", "exp_avg_sq");
  }

  @Override
  public void step(
      int round,
      float[] parameters,
      double[] pseudoGradient,
      List<float[]> state,
      float[] nextParameters,
      List<float[]> nextState) {
    // StrictMath, because the bits of Math.pow may differ between JVMs.
    double rate = lr / (1 - StrictMath.pow(beta1, round));
    double secondCorrection = 1 - StrictMath.pow(beta2, round);
    float[] first = state.get(0);
    float[] second = state.get(1);
    float[] nextFirst = nextState.get(0);
    float[] nextSecond = nextState.get(1);
    for (int i = 0; i < nextParameters.length; i++) {
      double gradient = pseudoGradient[i];
      double m = beta1 * first[i] + (1 - beta1) * gradient;
      double v = beta2 * second[i] + (1 - beta2) * gradient * gradient;
      nextFirst[i] = (float) m;
      nextSecond[i] = (float) v;
      nextParameters[i] =
          (float) (parameters[i] - rate * m / (Math.sqrt(v / secondCorrection) + eps));
    }
  }
}
