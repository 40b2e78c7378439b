package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.report.StageCosts;
import io.polyspark.prep.version.CorpusVersions;
import io.polyspark.prep.version.FailingFileSystem;
import io.polyspark.prep.version.Lease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A night that ends before its time leaves the version before current and as it was; the next run
 * makes the shards that one without a failure makes.
 */
class AFailedNightIsMadeUpForTest {
  /** More than a run makes on its own side. */
  private static final int MOST_CHANGES = 60;

  @TempDir private static Path directory;
  private static LocalSpark spark;
  private static Nights nights;
  private static Path first;

  /** After a second night that did not fail. */
  private static Path control;

  private static int corpora;
  private Path data;
  private Map<String, String> before;

  @BeforeAll
  static void growTwice() throws IOException {
    spark = LocalSpark.forSmallTables();
    nights = new Nights(directory, spark);
    first = directory.resolve("first");
    nights.first();
    nights.grow(first, PrepareListener.NONE);
    control = Nights.copy(first, directory.resolve("control"));
    nights.second();
    nights.grow(control, PrepareListener.NONE);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void afterTheFirstNight() throws IOException {
    data = Nights.copy(first, directory.resolve("corpus-" + corpora++));
    before = Nights.published(data);
  }

  @ParameterizedTest
  @CsvSource({"clean,0", "deduplicate,1", "tokenize,2", "shard,3"})
  void whereverItWasBrokenOff(String stage, int done) throws IOException {
    breakOff(stage);
    List<String> phases = new ArrayList<>();
    nights.grow(data, phases::add);
    assertThat(phases.stream().filter(phase -> phase.endsWith(": done by an earlier run")))
        .hasSize(done);
    assertMadeUpFor();
  }

  @Test
  @Tag("faults")
  void afterASecondFailureOnOtherInput() throws IOException {
    nights.write("web/e.jsonl", Nights.texts(150, 160));
    try {
      breakOff("shard");
    } finally {
      nights.remove("web/e.jsonl");
    }
    breakOff("shard");
    nights.grow(data, PrepareListener.NONE);
    assertMadeUpFor();
  }

  @Test
  @Tag("faults")
  void afterOldVersionsWerePruned() throws IOException {
    breakOff("shard");
    try (Lease lease = Lease.take(Nights.disk(), Nights.hadoop(data))) {
      versions().prune(2, lease);
    }
    assertUntouched();
    assertThat(Nights.published(data)).isEqualTo(before);
    assertThat(data).isDirectoryNotContaining("glob:**/_work");
    nights.grow(data, PrepareListener.NONE);
    assertMadeUpFor();
  }

  @Test
  void afterDamageWasTakenAway() throws IOException {
    Path bad = directory.resolve("web/bad.jsonl");
    Files.writeString(bad, "{\"text\": \"cut of");
    try {
      assertThatThrownBy(() -> nights.grow(data, PrepareListener.NONE))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith(bad + " line 1 is no JSON")
          .hasMessageEndingWith(
              "; correct it, or let a number of documents or a share of them be left out with"
                  + " max_rejected.");
    } finally {
      Files.delete(bad);
    }
    assertUntouched();
    assertThat(Nights.published(data)).isEqualTo(before);
    nights.grow(data, PrepareListener.NONE);
    assertMadeUpFor();
  }

  /** Each run fails one change of a file later than the one before, until one publishes. */
  @Test
  @Tag("faults")
  void whicheverChangeWasTheLast() throws IOException {
    boolean failed = true;
    long version = 1;
    for (int changes = 0; failed; changes++) {
      assertThat(changes).isLessThan(MOST_CHANGES);
      FailingFileSystem failing = new FailingFileSystem(Nights.disk(), changes);
      try {
        grow(failing);
      } catch (IOException e) {
        assertThat(e).hasMessage("the process has ended");
      }
      failed = failing.hasFailed();
      long now = versions().current().orElseThrow().state().version();
      if (version == 1 && now == 1) {
        assertUntouched();
      }
      version = now;
    }
    assertThat(version).isGreaterThan(2);
    assertThat(Nights.added(data, version)).isEqualTo(Nights.added(control, 2));
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(150));
    assertThat(Nights.published(data).keySet()).noneMatch(name -> name.contains("incomplete"));
    assertThat(data).isDirectoryNotContaining("glob:**/{_work,_attempts}");
  }

  private void grow(FailingFileSystem fs) throws IOException {
    PipelinePlan plan = nights.plan();
    SparkSession session = SparkSession.builder().getOrCreate().newSession();
    try (Lease lease = Lease.take(Nights.disk(), Nights.hadoop(data));
        StageCosts costs = new StageCosts(spark.context().sc());
        Tokenizer tokenizer = Tokenizer.load(plan.tokenizerJson())) {
      RunEvents events = new RunEvents(spark.context(), PrepareListener.NONE);
      new GrowingCorpus(spark.context(), session, plan, events, fs, Nights.hadoop(data))
          .grow(lease, tokenizer, new RunReports(session, plan.config(), costs, events));
    }
  }

  private void breakOff(String stage) throws IOException {
    assertThatThrownBy(() -> nights.grow(data, BrokenOff.before(stage)))
        .hasRootCauseMessage(BrokenOff.MESSAGE);
    assertUntouched();
  }

  private void assertUntouched() throws IOException {
    assertThat(Nights.published(data)).containsAllEntriesOf(before);
    assertThat(versions().versions()).first().isEqualTo(1L);
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(90));
  }

  private void assertMadeUpFor() throws IOException {
    assertThat(Nights.names(data)).isEqualTo(Nights.names(control));
    assertThat(Nights.added(data, 2)).isEqualTo(Nights.added(control, 2)).isNotEmpty();
    assertThat(data.resolve("manifest.json"))
        .hasSameBinaryContentAs(control.resolve("manifest.json"));
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(150));
    assertThat(data).isDirectoryNotContaining("glob:**/{_work,_attempts}");
  }

  private CorpusVersions versions() throws IOException {
    return new CorpusVersions(Nights.disk(), Nights.hadoop(data));
  }
}
