package io.polyspark.train.ui;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.apache.spark.util.kvstore.KVIndex;

/** A block of a {@link Curve}, in Spark's store. */
final class CurveRow {
  @KVIndex @JsonProperty final String key;
  @JsonProperty final Buckets buckets;

  @JsonCreator
  CurveRow(@JsonProperty("key") String key, @JsonProperty("buckets") Buckets buckets) {
    this.key = key;
    this.buckets = buckets;
  }

  static String key(int run, String name, int block) {
    return run + "/" + name + "/" + block;
  }
}
