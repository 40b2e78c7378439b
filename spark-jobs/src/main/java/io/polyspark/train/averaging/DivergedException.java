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

  private DivergedException(int round, long step, double loss) {
    super(
        "The loss of the averaged model is " + loss + " (round " + round + ", step " + step + ")");
    this.round = round;
    this.replica = AVERAGE;
    this.step = step;
  }

  /**
   * The mean of the replicas, after a round.
   *
   * @param round the round that made it
   * @param step the steps that every replica has behind it
   * @param loss its loss
   */
  public static DivergedException ofAverage(int round, long step, double loss) {
    return new DivergedException(round, step, loss);
  }

  /**
   * Whether it is the mean of the replicas that is of no use, so that a checkpoint of it is none.
   */
  public boolean isOfAverage() {
    return replica == AVERAGE;
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
