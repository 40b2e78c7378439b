package io.polyspark.train.averaging;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How rounds are averaged.
 *
 * @param replicas W, at least 1; more than the cluster has slots simply queue
 * @param optimizerState what happens to the replicas' optimizer state between rounds
 * @param outer the outer optimizer
 * @param keptStates where the replicas keep their state; present exactly under {@link
 *     OptimizerStatePolicy#KEPT}
 * @param reducers over how many partitions the chunks are averaged; empty: as many as the size of
 *     the vectors and the cluster's parallelism ask for. It never changes a bit of the result.
 */
public record AveragingOptions(
    int replicas,
    OptimizerStatePolicy optimizerState,
    OuterOptimizer outer,
    Optional<ReplicaStates> keptStates,
    OptionalInt reducers) {

  /**
   * @throws IllegalArgumentException if a number is not positive, or the states' place does not go
   *     with the policy
   */
  public AveragingOptions {
    if (replicas < 1) {
      throw new IllegalArgumentException("There must be at least 1 replica, not " + replicas);
    }
    if (reducers.isPresent() && reducers.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "There must be at least 1 reducer, not " + reducers.getAsInt());
    }
    if (keptStates.isPresent() != (optimizerState == OptimizerStatePolicy.KEPT)) {
      throw new IllegalArgumentException(
          "A directory for replica states goes with the policy KEPT and no other, not with "
              + optimizerState);
    }
  }

  /** Plain averages of parameters and optimizer state. */
  public static AveragingOptions averaged(int replicas) {
    return new AveragingOptions(
        replicas,
        OptimizerStatePolicy.AVERAGED,
        OuterOptimizer.average(),
        Optional.empty(),
        OptionalInt.empty());
  }

  /** Plain averages of parameters; each replica keeps its own optimizer state in {@code states}. */
  public static AveragingOptions kept(int replicas, ReplicaStates states) {
    return new AveragingOptions(
        replicas,
        OptimizerStatePolicy.KEPT,
        OuterOptimizer.average(),
        Optional.of(states),
        OptionalInt.empty());
  }

  /** Plain averages of parameters; the optimizer state starts anew in every round. */
  public static AveragingOptions reset(int replicas) {
    return new AveragingOptions(
        replicas,
        OptimizerStatePolicy.RESET,
        OuterOptimizer.average(),
        Optional.empty(),
        OptionalInt.empty());
  }

  /** The same with another outer optimizer. */
  public AveragingOptions withOuter(OuterOptimizer optimizer) {
    return new AveragingOptions(replicas, optimizerState, optimizer, keptStates, reducers);
  }

  /** The same with a fixed number of partitions to average over. */
  public AveragingOptions withReducers(int partitions) {
    return new AveragingOptions(
        replicas, optimizerState, outer, keptStates, OptionalInt.of(partitions));
  }
}
