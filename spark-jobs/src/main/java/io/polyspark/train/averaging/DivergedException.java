package io.polyspark.train.averaging;

/**
 * A replica's loss, gradient or parameters are no longer finite. Thrown by a {@link ReplicaTask},
 * it is not retried (the same input would give the same bits); the driver throws it again from
 * {@link AveragingRound#run}.
 */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int AVERAGE = -1;

  private final int round;
  private final int replica;
  private final long step;

  /**
   * @param round the round, from 1
   * @param replica the replica, from 0
   * @param step the last step known to the replica, from 1, counted over all rounds
   * @param what what is not finite, for instance "The loss is NaN"
   */
  public DivergedException(int round, int replica, long step, String what) {
    super(what + " (round " + round + ", replica " + replica + ", step " + step + ")");
    this.round = round;
    this.replica = replica;
    this.step = step;
  }

  /**
   * The mean of the replicas, after a round.
   *
   * @param round the round, from 1
   * @param step the steps that every replica has behind it
   * @param what what is not finite
   */
  public DivergedException(int round, long step, String what) {
    super(what + " (round " + round + ", step " + step + ")");
    this.round = round;
    this.replica = AVERAGE;
    this.step = step;
  }

  /** The round in which it happened, from 1. */
  public int round() {
    return round;
  }

  /** The replica, from 0; -1 for the mean of all. */
  public int replica() {
    return replica;
  }

  /** The step, from 1, counted over all rounds. */
  public long step() {
    return step;
  }
}
