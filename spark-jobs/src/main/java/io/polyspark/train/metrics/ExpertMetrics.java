package io.polyspark.train.metrics;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;
import java.util.List;

/**
 * How the experts of one layer were used in a round, over all replicas and steps. A slot is a token
 * at one of its experts.
 *
 * @param load the share of the slots that each expert served
 * @param entropy of the load, in nats: ln E where it is even, 0 where one expert serves all
 * @param loadBalancingLoss mean over the batches, 1 where load and probabilities are even
 * @param zLoss of the router, mean over the batches
 * @param dropped slots that no expert served
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ExpertMetrics(
    List<Double> load, double entropy, double loadBalancingLoss, double zLoss, long dropped)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Copies the list. */
  public ExpertMetrics {
    load = List.copyOf(load);
  }
}
