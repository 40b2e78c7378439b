package io.polyspark.train.metrics;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.io.Serializable;

/** One line of {@code metrics.jsonl}; its {@code kind} says which of the three records it is. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = StepMetrics.class, name = "step"),
  @JsonSubTypes.Type(value = RoundMetrics.class, name = "round"),
  @JsonSubTypes.Type(value = Notice.class, name = "notice")
})
public sealed interface Metrics extends Serializable permits StepMetrics, RoundMetrics, Notice {
  /** The round that this belongs to, from 1; 0 for a notice from before the first. */
  int round();
}
