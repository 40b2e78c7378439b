package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.ManifestFiles;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.version.CorpusVersion;
import io.polyspark.prep.version.CorpusVersions;
import io.polyspark.prep.version.Lease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A corpus that grows by the pipeline, night after night. */
class ThreeNightsTest {
  @TempDir private static Path directory;
  private static LocalSpark spark;
  private static Nights nights;
  private static int corpora;

  /** After the first night. */
  private static Path first;

  /** After the second. */
  private static Path second;

  @BeforeAll
  static void growTwice() throws IOException {
    spark = LocalSpark.forSmallTables();
    nights = new Nights(directory, spark);
    first = directory.resolve("first");
    nights.first();
    nights.grow(first, PrepareListener.NONE);
    second = Nights.copy(first, directory.resolve("second"));
    nights.second();
    nights.grow(second, PrepareListener.NONE);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  /**
   * Of whatever test was before; files that are written again have other times, and their bytes.
   */
  @BeforeEach
  void secondNight() throws IOException {
    nights.first();
    nights.second();
  }

  @Test
  void everyDocumentIsThereOnceAndNoVersionChangesAnother() throws IOException {
    Path data = copy(second);
    nights.third();
    nights.grow(data, PrepareListener.NONE);

    Map<String, String> one = Nights.published(first);
    Map<String, String> two = Nights.published(second);
    Map<String, String> three = Nights.published(data);
    one.remove("manifest.json");
    two.remove("manifest.json");
    assertThat(two).containsAllEntriesOf(one);
    assertThat(three).containsAllEntriesOf(two);
    assertThat(three.get("manifest.json")).isEqualTo(three.get("manifest-000003.json"));
    assertThat(Nights.documents(version(data, 1))).isEqualTo(Nights.upTo(90));
    assertThat(Nights.documents(version(data, 2))).isEqualTo(Nights.upTo(150));
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(170));
    assertThat(data).isDirectoryNotContaining("glob:**/{_work,_attempts}");
    try (Stream<Path> lease = Files.list(data.resolve("_lease"))) {
      assertThat(lease).isEmpty();
    }
  }

  @Test
  void aNightThatRunsTwiceAddsNothing() throws IOException {
    Path data = copy(second);
    List<String> phases = new ArrayList<>();
    nights.grow(data, phases::add);
    assertThat(Nights.published(data)).isEqualTo(Nights.published(second));
    assertThat(phases)
        .containsExactly("version 2 has all of the input (files: 5); there is nothing to add");
  }

  @Test
  void otherSettingsThanTheIndexsAreRefusedBeforeAnyWork() {
    assertThatThrownBy(() -> nights.requireGrowable(second, "deduplicate.bands=20"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The index "
                + second.resolve("_state/index")
                + " was made with bands 14 and cannot be used with 20; set it back, or name another"
                + " directory for a new index.");
    assertThatCode(() -> nights.requireGrowable(second)).doesNotThrowAnyException();
  }

  @Test
  void aNightOfDuplicatesIsAVersionWithoutDocuments() throws IOException {
    Path data = copy(second);
    nights.write("web/again.jsonl", Nights.texts(5, 145));
    nights.grow(data, PrepareListener.NONE);
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(150));
    assertThat(Nights.added(data, 3)).isEmpty();
    assertThat(versions(data).current().orElseThrow().state().version()).isEqualTo(3);

    nights.write("web/new.jsonl", Nights.texts(145, 155));
    nights.grow(data, PrepareListener.NONE);
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(155));
  }

  @Test
  void whatARollBackTakesAwayComesAgain() throws IOException {
    Path data = copy(second);
    FileSystem fs = Nights.disk();
    try (Lease lease = Lease.take(fs, Nights.hadoop(data))) {
      CorpusVersion back = versions(data).rollBack(OptionalLong.empty(), lease);
      assertThat(back.state().version()).isEqualTo(1);
    }
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(90));
    nights.grow(data, PrepareListener.NONE);
    assertThat(versions(data).current().orElseThrow().state().version()).isEqualTo(3);
    assertThat(Nights.added(data, 3)).isEqualTo(Nights.added(second, 2)).isNotEmpty();
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(150));
    assertThat(Nights.documents(version(data, 2))).isEqualTo(Nights.upTo(150));

    try (Lease lease = Lease.take(fs, Nights.hadoop(data))) {
      assertThat(versions(data).prune(1, lease)).containsExactly(1L, 2L);
    }
    assertThat(data).isDirectoryNotContaining("glob:**/manifest-00000[12].json");
    assertThat(Nights.added(data, 2)).isEmpty();
    nights.third();
    nights.grow(data, PrepareListener.NONE);
    assertThat(Nights.documents(data)).isEqualTo(Nights.upTo(170));
  }

  @Test
  void twoRunsAtOnceAreRefused() throws IOException {
    Path data = copy(first);
    List<String> refused = new ArrayList<>();
    nights.grow(
        data,
        phase ->
            assertThatThrownBy(() -> nights.grow(data, PrepareListener.NONE))
                .isInstanceOf(UserError.class)
                .satisfies(said -> refused.add(said.getMessage())));
    String sentence =
        "%s has its lease taken: process %d of ".formatted(data, ProcessHandle.current().pid());
    assertThat(refused).hasSize(4).allMatch(said -> said.startsWith(sentence));
    assertThat(Nights.names(data)).isEqualTo(Nights.names(second));
    assertThat(Nights.added(data, 2)).isEqualTo(Nights.added(second, 2));
  }

  @Test
  void aReaderKeepsItsVersion() throws IOException {
    Path data = copy(second);
    FileSystem fs = Nights.disk();
    org.apache.hadoop.fs.Path settled = ManifestFiles.settle(fs, Nights.hadoop(data));
    int context = 16;
    int[] tokens = new int[context];
    int[] before = new int[context];
    try (TokenShards reader = TokenShards.open(fs, settled, TokenShards.TRAIN, context)) {
      reader.window(reader.windows() - 1, before, new int[context], 0);
      nights.third();
      nights.grow(data, PrepareListener.NONE);
      reader.window(reader.windows() - 1, tokens, new int[context], 0);
      assertThat(tokens).isEqualTo(before);
      try (TokenShards now =
          TokenShards.open(fs, Nights.hadoop(data), TokenShards.TRAIN, context)) {
        now.window(reader.windows() - 1, tokens, new int[context], 0);
        assertThat(tokens).isEqualTo(before);
        assertThat(now.windows()).isGreaterThan(reader.windows());
      }
    }
  }

  private static Path copy(Path corpus) throws IOException {
    return Nights.copy(corpus, directory.resolve("corpus-" + corpora++));
  }

  private static Path version(Path data, long number) {
    return data.resolve(String.format("manifest-%06d.json", number));
  }

  private static CorpusVersions versions(Path data) throws IOException {
    return new CorpusVersions(Nights.disk(), Nights.hadoop(data));
  }
}
