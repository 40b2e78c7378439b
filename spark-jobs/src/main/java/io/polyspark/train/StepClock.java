package io.polyspark.train;

import java.io.Serializable;

/** The clock by which a replica's steps are timed, on its executor. */
@FunctionalInterface
interface StepClock extends Serializable {
  /** The executor's own. */
  StepClock SYSTEM = (round, replica, steps) -> System.nanoTime();

  /**
   * The time, in nanoseconds since anything fixed.
   *
   * @param round the round, from 1
   * @param replica the replica, from 0
   * @param steps the steps that it has taken in the round
   */
  long nanoTime(int round, int replica, int steps);
}
