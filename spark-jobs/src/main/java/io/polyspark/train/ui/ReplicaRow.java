package io.polyspark.train.ui;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.polyspark.train.metrics.ReplicaMetrics;
import org.apache.spark.util.kvstore.KVIndex;

/** What the newest round that a replica took part in says of it, in Spark's store. */
final class ReplicaRow {
  @KVIndex @JsonProperty final String key;

  @KVIndex("run")
  @JsonProperty
  final int run;

  @JsonProperty final int round;
  @JsonProperty final ReplicaMetrics metrics;

  @JsonCreator
  ReplicaRow(
      @JsonProperty("run") int run,
      @JsonProperty("round") int round,
      @JsonProperty("metrics") ReplicaMetrics metrics) {
    this.key = run + "/" + metrics.replica();
    this.run = run;
    this.round = round;
    this.metrics = metrics;
  }
}
