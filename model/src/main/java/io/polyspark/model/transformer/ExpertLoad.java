package io.polyspark.model.transformer;

import java.util.List;

/**
 * How a batch used the experts of one layer. Letters: N rows, E experts, K experts of each row.
 *
 * @param slots the number of rows that each expert served, [E]; their sum is N*K
 * @param loadBalancingLoss E * sum over experts of f_e P_e, where f_e is the share of the slots and
 *     P_e the mean probability of expert e (OLMoE, arXiv 2409.02060): 1 where both are even
 * @param zLoss mean over the rows of log(sum over experts of exp(logit))^2
 */
public record ExpertLoad(List<Long> slots, double loadBalancingLoss, double zLoss) {
  /** Copies the list. */
  public ExpertLoad {
    slots = List.copyOf(slots);
  }
}
