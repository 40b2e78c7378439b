package io.polyspark.train.averaging;

import java.io.Serializable;
import java.util.List;

/**
 * Turns the mean pseudo-gradient of a round, {@code mean over w of (theta_r - theta_w)}, into the
 * parameters of the next one. Called on executors, once per chunk and round; element by element, so
 * that it does not matter where chunks end. A pure function: what it keeps between rounds (a
 * momentum, say) is input and output, held by the {@link RoundState}.
 *
 * <p>Outer optimizers: Local SGD, arXiv 1805.09767 (plain averages); DiLoCo, arXiv 2311.08105.
 */
public interface OuterOptimizer extends Serializable {
  /** The number of state vectors, each as long as the parameters, that it keeps between rounds. */
  int stateVectors();

  /**
   * One outer step on one chunk.
   *
   * @param round the round being run, from 1
   * @param parameters the chunk of theta_r; only read
   * @param pseudoGradient the mean of the replicas' deltas, as many elements; only read
   * @param state the chunk of every state vector, zeros before the first round; only read
   * @param nextParameters the chunk of theta_{r+1}, to be filled
   * @param nextState the chunk of every state vector after the round, to be filled
   */
  void step(
      int round,
      float[] parameters,
      double[] pseudoGradient,
      List<float[]> state,
      float[] nextParameters,
      List<float[]> nextState);

  /** Plain parameter averaging: outer gradient descent with rate 1. */
  static OuterOptimizer average() {
    return new Average();
  }
}
