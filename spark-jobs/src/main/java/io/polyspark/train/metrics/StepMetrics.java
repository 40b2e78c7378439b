package io.polyspark.train.metrics;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * One optimizer step of one replica. Its key is (round, replica, step).
 *
 * @param round the round, from 1
 * @param replica the replica, from 0
 * @param step the replica's step, from 1, counted across rounds
 * @param loss mean cross-entropy of the batch, nats per token
 * @param gradientNorm the gradient's global norm before clipping
 * @param learningRate the learning rate of this step
 * @param tokens predicted tokens in the batch
 * @param computeSeconds time that the step took on the executor
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record StepMetrics(
    int round,
    int replica,
    long step,
    double loss,
    double gradientNorm,
    double learningRate,
    long tokens,
    double computeSeconds)
    implements Metrics {
  private static final long serialVersionUID = 1L;
}
