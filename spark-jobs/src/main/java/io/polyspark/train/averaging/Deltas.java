package io.polyspark.train.averaging;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;

/**
 * How the replicas' deltas travel.
 *
 * @param format the numbers
 * @param errorFeedback whether a replica keeps what rounding has changed and adds it to its delta
 *     of the next round
 * @param seed of the random bits that rounding takes
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Deltas(DeltaFormat format, boolean errorFeedback, long seed) implements Serializable {
  /** As they are. */
  public static final Deltas EXACT = new Deltas(DeltaFormat.FP32, false, 0);

  /**
   * @throws IllegalArgumentException if there is to be feedback of errors that the format does not
   *     make
   */
  public Deltas {
    if (errorFeedback && format == DeltaFormat.FP32) {
      throw new IllegalArgumentException("Deltas in float32 have no error to be fed back");
    }
  }
}
