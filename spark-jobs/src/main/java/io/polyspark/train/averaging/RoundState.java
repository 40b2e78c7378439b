package io.polyspark.train.averaging;

import java.util.List;
import java.util.stream.Stream;

/**
 * All that one round leaves to the next, on the driver. Immutable: its vectors are not written to.
 * They may lie on disk ({@link StateStorage}), so whoever has a state releases it.
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

  /** Keeps its vectors from being freed until {@link #release} has been called once more. */
  public void retain() {
    vectors().forEach(ChunkedVector::retain);
  }

  /**
   * Frees what its vectors take outside the heap when nobody else holds them; called once by
   * whoever made or retained the state.
   */
  public void release() {
    vectors().forEach(ChunkedVector::release);
  }

  private Stream<ChunkedVector> vectors() {
    return Stream.of(List.of(parameters), optimizerState, outerState).flatMap(List::stream);
  }

  /** The state before the first round. */
  public static RoundState initial(ChunkedVector parameters) {
    return new RoundState(0, 0, parameters, List.of(), List.of());
  }
}
