package io.polyspark.train.metrics;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.io.Serializable;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How well a round went.
 *
 * @param lossSpike how far the worst loss of a step of a replica lay above the median loss of the
 *     steps before the round, in deviations: 1.4826 times their median absolute deviation from it,
 *     and at least a thousandth of the median; empty while there are too few steps
 * @param nonFiniteSteps steps whose loss or gradient norm was not finite: 0 in every round that is
 *     recorded, because a run stops at the first
 * @param straggler the median time of a step, of the replica where it is longest, over the median
 *     of all replicas (of an even number the lower of the two in the middle)
 * @param layers a record per layer, where one applies
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record HealthMetrics(
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonSerialize(using = OptionalDoubleJson.Writer.class)
        @JsonDeserialize(using = OptionalDoubleJson.Reader.class)
        OptionalDouble lossSpike,
    int nonFiniteSteps,
    double straggler,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<LayerHealth> layers)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Of a record from before there was one. */
  static final HealthMetrics UNKNOWN = new HealthMetrics(OptionalDouble.empty(), 0, 1, List.of());

  /** Copies the list, and takes none for empty. */
  public HealthMetrics {
    layers = layers == null ? List.of() : List.copyOf(layers);
  }
}
