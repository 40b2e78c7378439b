package io.polyspark.prep.ui;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.apache.spark.util.kvstore.KVIndex;

/** A run, in Spark's store. Once written it is not changed, but replaced. */
final class CorpusRow {
  /** Which run of this application, from 1. */
  @KVIndex @JsonProperty final int run;

  /** Grows with everything that is taken in. */
  @JsonProperty final long revision;

  @JsonProperty final RunState state;

  @JsonCreator
  CorpusRow(
      @JsonProperty("run") int run,
      @JsonProperty("revision") long revision,
      @JsonProperty("state") RunState state) {
    this.run = run;
    this.revision = revision;
    this.state = state;
  }
}
