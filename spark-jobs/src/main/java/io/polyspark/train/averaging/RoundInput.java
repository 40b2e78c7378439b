package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.util.List;

/** Everything that a round gives to one of its replicas. */
public interface RoundInput {
  /** The number of the round being run, from 1. */
  int round();

  /** The replica, in [0, {@link #replicas()}). */
  int replica();

  /** W, the number of replicas of this round. */
  int replicas();

  /**
   * The optimizer steps that every replica has behind it when the round starts: learning-rate
   * schedules and bias correction go on from here under every {@link OptimizerStatePolicy}.
   */
  long completedSteps();

  /**
   * Copies the round's parameters theta_r into {@code into}, chunk by chunk.
   *
   * @throws IllegalArgumentException if the lengths differ
   */
  void readParameters(FlatVector into);

  /**
   * Copies the optimizer state that the replica starts from into {@code into}, in the order of
   * {@link TrainedReplica#optimizerState()}, unless it starts without any (in the first round, and
   * always under {@link OptimizerStatePolicy#RESET}).
   *
   * @return whether there was a state; where not, {@code into} is as it was, and the task has to
   *     see to it that it is the state of a new optimizer
   * @throws IllegalArgumentException if the number or the lengths of the vectors differ
   */
  boolean readOptimizerState(List<FlatVector> into);
}
