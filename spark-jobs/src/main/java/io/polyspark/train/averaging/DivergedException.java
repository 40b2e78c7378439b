package io.polyspark.train.averaging;

/**
 * A replica's loss, gradient or parameters are no longer finite. Thrown by a {@link ReplicaTask},
 * it is not retried (the same input would give the same bits); the driver throws it again from
 * {@link AveragingRound#run}.
 */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

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

  /** The round in which it happened, from 1. */
  public int round() {
    return round;
  }

  /** The replica, from 0. */
  public int replica() {
    return replica;
  }

  /** The step, from 1, counted over all rounds. */
  public long step() {
    return step;
  }
}
