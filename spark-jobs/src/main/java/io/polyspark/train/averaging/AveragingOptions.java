package io.polyspark.train.averaging;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How rounds are averaged.
 *
 * @param replicas W, at least 1; more than the cluster has slots simply queue
 * @param optimizerState what happens to the replicas' optimizer state between rounds
 * @param outer the outer optimizer
 * @param deltas how the replicas' deltas travel; optimizer state always does in float32
 * @param states where the replicas keep what they do; present exactly under {@link
 *     OptimizerStatePolicy#KEPT}, or with error feedback
 * @param reducers over how many partitions the chunks are averaged; empty: as many as the size of
 *     the vectors and the cluster's parallelism ask for. It never changes a bit of the result.
 * @param storage where the driver keeps the vectors that rounds make
 */
public record AveragingOptions(
    int replicas,
    OptimizerStatePolicy optimizerState,
    OuterOptimizer outer,
    Deltas deltas,
    Optional<ReplicaStates> states,
    OptionalInt reducers,
    StateStorage storage) {

  /**
   * @throws IllegalArgumentException if a number is not positive, or there is a place for states
   *     though nothing is kept, or the other way round
   */
  public AveragingOptions {
    if (replicas < 1) {
      throw new IllegalArgumentException("There must be at least 1 replica, not " + replicas);
    }
    if (reducers.isPresent() && reducers.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "There must be at least 1 reducer, not " + reducers.getAsInt());
    }
    boolean kept = optimizerState == OptimizerStatePolicy.KEPT || deltas.errorFeedback();
    if (states.isPresent() != kept) {
      throw new IllegalArgumentException(
          "A directory for replica states goes with the policy KEPT or error feedback and nothing"
              + " else, not with "
              + optimizerState);
    }
  }

  /** Plain averages of parameters and optimizer state. */
  public static AveragingOptions averaged(int replicas) {
    return new AveragingOptions(
        replicas,
        OptimizerStatePolicy.AVERAGED,
        OuterOptimizer.average(),
        Deltas.EXACT,
        Optional.empty(),
        OptionalInt.empty(),
        StateStorage.MEMORY);
  }

  /** Plain averages of parameters; each replica keeps its own optimizer state in {@code states}. */
  public static AveragingOptions kept(int replicas, ReplicaStates states) {
    return new AveragingOptions(
        replicas,
        OptimizerStatePolicy.KEPT,
        OuterOptimizer.average(),
        Deltas.EXACT,
        Optional.of(states),
        OptionalInt.empty(),
        StateStorage.MEMORY);
  }

  /** Plain averages of parameters; the optimizer state starts anew in every round. */
  public static AveragingOptions reset(int replicas) {
    return new AveragingOptions(
        replicas,
        OptimizerStatePolicy.RESET,
        OuterOptimizer.average(),
        Deltas.EXACT,
        Optional.empty(),
        OptionalInt.empty(),
        StateStorage.MEMORY);
  }

  /** The same with another number of replicas. */
  public AveragingOptions withReplicas(int number) {
    return new AveragingOptions(number, optimizerState, outer, deltas, states, reducers, storage);
  }

  /** The same with another outer optimizer. */
  public AveragingOptions withOuter(OuterOptimizer optimizer) {
    return new AveragingOptions(
        replicas, optimizerState, optimizer, deltas, states, reducers, storage);
  }

  /**
   * The same with deltas that travel in other numbers, without error feedback.
   *
   * @param seed of the random bits that rounding takes
   */
  public AveragingOptions withDeltas(DeltaFormat format, long seed) {
    Deltas rounded = new Deltas(format, false, seed);
    return new AveragingOptions(
        replicas, optimizerState, outer, rounded, states, reducers, storage);
  }

  /**
   * The same with error feedback.
   *
   * @param residuals where replicas keep them; under {@link OptimizerStatePolicy#KEPT} they keep
   *     their optimizer state there too
   * @throws IllegalArgumentException if deltas travel in float32
   */
  public AveragingOptions withErrorFeedback(ReplicaStates residuals) {
    Deltas fedBack = new Deltas(deltas.format(), true, deltas.seed());
    return new AveragingOptions(
        replicas, optimizerState, outer, fedBack, Optional.of(residuals), reducers, storage);
  }

  /** The same with a fixed number of partitions to average over. */
  public AveragingOptions withReducers(int partitions) {
    return new AveragingOptions(
        replicas, optimizerState, outer, deltas, states, OptionalInt.of(partitions), storage);
  }

  /** The same with vectors that the driver keeps elsewhere. */
  public AveragingOptions withStorage(StateStorage vectors) {
    return new AveragingOptions(replicas, optimizerState, outer, deltas, states, reducers, vectors);
  }
}
