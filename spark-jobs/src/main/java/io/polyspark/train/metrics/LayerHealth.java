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
 * How well the MLP of one layer was used in the last step of a round, on the mean over the replicas
 * that took it. Empty is what does not apply.
 *
 * @param deadActivations the share of zeros after ReLU and PolyReLU: of inputs that are not above 0
 * @param deadChannels the share of inner channels that are zero for every token of the batch; in a
 *     mixture of experts, of the channels of all experts that have tokens
 * @param saturation after PolyNorm, how much of the cube's norm single channels hold: the mean over
 *     tokens of {@code sum over j of s_j^2}, s_j = x_j^6 over the token's sum of them; 1 where one
 *     channel holds the whole cube, 1/F where the F channels have as much
 * @param deadExperts the experts, from 0, whose load in the round lay under the share of an even
 *     load that {@code health.expert_load} says; empty in a dense model
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record LayerHealth(
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonSerialize(using = OptionalDoubleJson.Writer.class)
        @JsonDeserialize(using = OptionalDoubleJson.Reader.class)
        OptionalDouble deadActivations,
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonSerialize(using = OptionalDoubleJson.Writer.class)
        @JsonDeserialize(using = OptionalDoubleJson.Reader.class)
        OptionalDouble deadChannels,
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonSerialize(using = OptionalDoubleJson.Writer.class)
        @JsonDeserialize(using = OptionalDoubleJson.Reader.class)
        OptionalDouble saturation,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Integer> deadExperts)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Of a layer to which nothing applies. */
  public static final LayerHealth NOTHING =
      new LayerHealth(
          OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), List.of());

  /** Copies the list, and takes none for empty. */
  public LayerHealth {
    deadExperts = deadExperts == null ? List.of() : List.copyOf(deadExperts);
  }
}
