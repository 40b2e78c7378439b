package io.polyspark.model.shards;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.io.Serializable;

/**
 * Samples whose indices follow each other; {@code [first, count]} in JSON.
 *
 * @param first the first index, at least 0
 * @param count how many, at least 1
 */
@JsonFormat(shape = JsonFormat.Shape.ARRAY)
@JsonPropertyOrder({"first", "count"})
public record SampleRange(long first, long count) implements Serializable {
  /**
   * @throws IllegalArgumentException if a number is too small
   */
  public SampleRange {
    if (first < 0 || count < 1) {
      throw new IllegalArgumentException(count + " samples from " + first + " are no range");
    }
  }
}
