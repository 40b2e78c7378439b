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
 * @param drift how far each replica came from the mean, in replica order: {@link Drift}
 */
public record RoundResult<M extends Serializable>(
    RoundState next,
    List<ReplicaReport<M>> replicas,
    RoundTimings timings,
    RoundTraffic traffic,
    List<Double> drift) {

  /** Copies the lists. */
  public RoundResult {
    replicas = List.copyOf(replicas);
    drift = List.copyOf(drift);
  }
}
