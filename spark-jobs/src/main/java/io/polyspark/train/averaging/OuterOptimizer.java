package io.polyspark.train.averaging;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.io.Serializable;
import java.util.List;

/**
 * Turns the mean pseudo-gradient of a round, {@code mean over w of (theta_r - theta_w)}, into the
 * parameters of the next one. Called on executors, once per chunk and round; element by element, so
 * that it does not matter where chunks end. A pure function: what it keeps between rounds (a
 * momentum, say) is input and output, held by the {@link RoundState}.
 *
 * <p>Outer optimizers: Local SGD, arXiv 1805.09767 (plain averages); DiLoCo, arXiv 2311.08105.
 * Those made here compute in float64, round every result once to float32, and are written to JSON
 * as configurations name them: {@code {"outer": "nesterov", "lr": 0.7, "momentum": 0.9}}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "outer")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Average.class, name = "average"),
  @JsonSubTypes.Type(value = Sgd.class, name = "sgd"),
  @JsonSubTypes.Type(value = Nesterov.class, name = "nesterov"),
  @JsonSubTypes.Type(value = Adam.class, name = "adam")
})
public interface OuterOptimizer extends Serializable {
  /**
   * The names of the state vectors, each as long as the parameters, that it keeps between rounds,
   * in the order in which {@link #step} gets them. Checkpoints name their tensors by them.
   */
  List<String> stateNames();

  /** The number of state vectors. */
  default int stateVectors() {
    return stateNames().size();
  }

  /**
   * One outer step on one chunk.
   *
   * @param round the round being run, from 1: as every round takes one outer step, the number of
   *     outer steps with this one
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

  /**
   * Outer gradient descent.
   *
   * @param lr its rate, above 0; below 1 the parameters go only part of the way to the mean
   * @throws IllegalArgumentException if it is not
   */
  static OuterOptimizer sgd(double lr) {
    return new Sgd(lr);
  }

  /**
   * DiLoCo's outer optimizer (arXiv 2311.08105): gradient descent with Nesterov's momentum, as
   * {@code torch.optim.SGD(nesterov=True)} has it.
   *
   * @param lr its rate, above 0
   * @param momentum from 0 to below 1
   * @throws IllegalArgumentException if a number is not
   */
  static OuterOptimizer nesterov(double lr, double momentum) {
    return new Nesterov(lr, momentum);
  }

  /**
   * Adam (arXiv 1412.6980) with bias correction, as {@code torch.optim.Adam} has it; on
   * pseudo-gradients, FedAdam (arXiv 2003.00295).
   *
   * @param lr its rate, above 0: about what a parameter moves by in a round
   * @param beta1 decay of the first moment, from 0 to below 1
   * @param beta2 decay of the second moment, from 0 to below 1
   * @param eps added to the root of the second moment, above 0
   * @throws IllegalArgumentException if a number is not
   */
  static OuterOptimizer adam(double lr, double beta1, double beta2, double eps) {
    return new Adam(lr, beta1, beta2, eps);
  }
}
