package io.polyspark.train.averaging;

import java.util.List;

/**
 * All that one round leaves to the next, on the driver. Immutable: its vectors are not written to.
 *
 * @param round the number of rounds completed
 * @param completedSteps the optimizer steps of the run: of each round, the most that a replica took
 * @param parameters theta
 * @param optimizerState the replicas' averaged optimizer state; empty before the first round, and
 *     unless the policy is {@link OptimizerStatePolicy#AVERAGED}
 * @param outerState the state of the outer optimizer, in the order of {@link
 *     OuterOptimizer#stateNames}; empty before the first round, which stands for zeros
 */
public record RoundState(
    int round,
    long completedSteps,
    ChunkedVector parameters,
    List<ChunkedVector> optimizerState,
    List<ChunkedVector> outerState) {

  /** Copies the lists. */
  public RoundState {
    optimizerState = List.copyOf(optimizerState);
    outerState = List.copyOf(outerState);
  }

  /** The state before the first round. */
  public static RoundState initial(ChunkedVector parameters) {
    return new RoundState(0, 0, parameters, List.of(), List.of());
  }
}
