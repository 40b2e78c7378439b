package io.polyspark.train.metrics;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;

/**
 * How a replica used its card in one round. What is not known is null: the driver's tool is asked
 * beside the computation, which does not wait for it.
 *
 * @param memoryUsed bytes of the card's memory that all of its processes had taken
 * @param memoryTotal bytes of the card's memory
 * @param utilization percent of the last moments in which the card computed, as the driver says
 * @param peakShare the replica's floating-point operations per second by the model's formula, over
 *     the most that the card multiplies in the run's dtype as measured there
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CardMetrics(Long memoryUsed, Long memoryTotal, Integer utilization, Double peakShare)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
