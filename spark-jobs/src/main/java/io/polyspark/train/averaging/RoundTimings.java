package io.polyspark.train.averaging;

/**
 * Where the wall time of a round went; the four add up to the round.
 *
 * @param broadcastSeconds the driver making its chunks ready to be fetched
 * @param computeSeconds a replica's task, on the mean over the replicas
 * @param waitSeconds what else the training stage took: slower replicas, replicas that queued for a
 *     slot, scheduling, writing the deltas for the shuffle
 * @param averageSeconds from the last delta to the new parameters on the driver
 */
public record RoundTimings(
    double broadcastSeconds, double computeSeconds, double waitSeconds, double averageSeconds) {
  /** The whole round. */
  public double seconds() {
    return broadcastSeconds + computeSeconds + waitSeconds + averageSeconds;
  }
}
