package io.polyspark.train.ui;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.polyspark.train.metrics.Notice;
import org.apache.spark.util.kvstore.KVIndex;

/** Something that happened in a run, in Spark's store. */
final class NoticeRow {
  @KVIndex @JsonProperty final String key;
  @JsonProperty final Notice notice;

  @JsonCreator
  NoticeRow(@JsonProperty("key") String key, @JsonProperty("notice") Notice notice) {
    this.key = key;
    this.notice = notice;
  }

  static String key(int run, long number) {
    return run + "/" + number;
  }
}
