package io.polyspark.train.averaging;

import java.io.Serializable;
import java.util.List;

/**
 * A round that is over.
 *
 * @param next what the next round starts from
 * @param replicas one report per replica, in replica order
 * @param timings where the time went
 * @param traffic what was sent
 */
public record RoundResult<M extends Serializable>(
    RoundState next, List<ReplicaReport<M>> replicas, RoundTimings timings, RoundTraffic traffic) {

  /** Copies the list. */
  public RoundResult {
    replicas = List.copyOf(replicas);
  }
}
