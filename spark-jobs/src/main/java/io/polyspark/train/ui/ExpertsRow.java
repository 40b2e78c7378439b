package io.polyspark.train.ui;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.polyspark.train.metrics.ExpertMetrics;
import java.util.List;
import org.apache.spark.util.kvstore.KVIndex;

/** How the experts of every layer were used in one round, in Spark's store. */
final class ExpertsRow {
  @KVIndex @JsonProperty final String key;
  @JsonProperty final List<ExpertMetrics> layers;

  @JsonCreator
  ExpertsRow(@JsonProperty("key") String key, @JsonProperty("layers") List<ExpertMetrics> layers) {
    this.key = key;
    this.layers = List.copyOf(layers);
  }

  static String key(int run, int round) {
    return run + "/" + round;
  }
}
