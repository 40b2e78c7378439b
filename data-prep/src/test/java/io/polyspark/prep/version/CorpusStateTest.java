package io.polyspark.prep.version;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;

class CorpusStateTest {
  private static final AcceptedInput INPUT =
      new AcceptedInput("web", "hdfs://names/crawl/part-00000.jsonl.gz", 1, 2, "0".repeat(64));

  @Test
  void whatCouldNotBeReadAgainIsRefusedBeforeAnyWork() {
    List<AcceptedInput> many = Collections.nCopies(1_000_000, INPUT);
    assertThatCode(() -> CorpusState.requireReadable(many, new Path("data")))
        .doesNotThrowAnyException();
    List<AcceptedInput> tooMany = Collections.nCopies(2_000_000, INPUT);
    assertThatThrownBy(() -> CorpusState.requireReadable(tooMany, new Path("data")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "data would have 2,000,000 input files, more than a version can list: put many documents"
                + " into each file, or prepare a part of them in another directory.");
  }
}
