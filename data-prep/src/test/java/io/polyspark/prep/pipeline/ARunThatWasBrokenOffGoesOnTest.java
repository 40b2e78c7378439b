package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.version.Lease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run leaves the tables of its whole stages, from which the same run goes on. */
class ARunThatWasBrokenOffGoesOnTest {
  private static final String DONE = ": done by an earlier run";

  @TempDir private static Path directory;
  private static LocalSpark spark;
  private static Nights nights;
  private static Path undisturbed;

  /** In a directory of its own, to see what is left beside it. */
  private Path output;

  @BeforeAll
  static void runOnce() throws IOException {
    spark = LocalSpark.forSmallTables();
    nights = new Nights(directory, spark);
    nights.first();
    nights.second();
    undisturbed = directory.resolve("undisturbed");
    nights.run(undisturbed, PrepareListener.NONE);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void outputBesideNothing(@TempDir Path parent) {
    output = parent.resolve("corpus");
  }

  @ParameterizedTest
  @CsvSource({
    "clean,",
    "deduplicate,clean",
    "tokenize,clean deduplicate",
    "shard,clean deduplicate tokenize"
  })
  void fromItsLastWholeStage(String stage, String whole) throws IOException {
    List<String> stages = whole == null ? List.of() : List.of(whole.split(" "));
    breakOff(stage);
    assertThat(tables()).isEqualTo(stages);
    // As a run leaves it that is killed while it writes shards.
    Path work = output.resolveSibling("_corpus.work");
    Files.createDirectories(work.resolve("_corpus.1.incomplete/train"));
    assertThat(doneBefore(undisturbed)).isEqualTo(stages);
    assertThat(work).doesNotExist();
  }

  @Test
  void twoAtOnceAreKeptApart() throws IOException {
    Path work = output.resolveSibling("_corpus.work");
    try (Lease lease = Lease.take(Nights.disk(), Nights.hadoop(work))) {
      assertThatThrownBy(() -> nights.run(output, PrepareListener.NONE))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith(work + " has its lease taken: process ");
      lease.check();
    }
    assertThat(output).doesNotExist();
  }

  @Test
  @Tag("faults")
  void otherSettingsOfAStageMakeItAndWhatFollowsAnew() throws IOException {
    breakOff("shard");
    String held = "validation_fraction=0.5";
    Path otherSplit = directory.resolve("other-split");
    nights.run(otherSplit, PrepareListener.NONE, held);
    assertThat(doneBefore(otherSplit, held)).containsExactly("clean", "deduplicate");

    output = output.resolveSibling("other");
    breakOff("shard");
    String lowered = "deduplicate.letter_case=lowered";
    breakOff("shard", lowered);
    assertThat(tables()).containsExactly("clean", "deduplicate", "tokenize");
    List<String> phases = new ArrayList<>();
    Manifest made = nights.run(output, phases::add, lowered).manifest();
    assertThat(phases).filteredOn(phase -> phase.endsWith(DONE)).hasSize(3);
    // These texts are in lower case.
    FileSystem disk = Nights.disk();
    assertThat(made.splits()).isEqualTo(Manifest.read(disk, Nights.hadoop(undisturbed)).splits());
  }

  @Test
  void aFileThatIsWrittenAgainIsReadAgain() throws IOException {
    breakOff("shard");
    nights.write("web/c.jsonl", Nights.texts(200, 230));
    try {
      Path other = directory.resolve("other-input");
      nights.run(other, PrepareListener.NONE);
      assertThat(doneBefore(other)).isEmpty();
    } finally {
      nights.first();
      nights.second();
    }
  }

  private void breakOff(String stage, String... overrides) throws IOException {
    assertThatThrownBy(() -> nights.run(output, BrokenOff.before(stage), overrides))
        .hasRootCauseMessage(BrokenOff.MESSAGE);
    assertThat(output).doesNotExist();
  }

  /** The stages whose tables are there, and nothing else beside the output. */
  private List<String> tables() throws IOException {
    Path parent = output.getParent();
    Path work = parent.resolve("_" + output.getFileName() + ".work");
    if (!Files.exists(work)) {
      assertThat(parent).isEmptyDirectory();
      return List.of();
    }
    List<String> stages = new ArrayList<>();
    try (Stream<Path> tables = Files.list(work)) {
      for (Path table : tables.sorted().toList()) {
        if (table.endsWith("_lease")) {
          assertThat(table).isEmptyDirectory();
          continue;
        }
        assertThat(table.resolve("report.json")).exists();
        assertThat(table.resolve("table/_SUCCESS")).exists();
        stages.add(table.getFileName().toString().replaceFirst("-[0-9a-f]{16}$", ""));
      }
    }
    return stages;
  }

  /**
   * Runs to the end, which must give the files of an undisturbed run and leave nothing else.
   *
   * @return the stages that were done already
   */
  private List<String> doneBefore(Path expected, String... overrides) throws IOException {
    List<String> phases = new ArrayList<>();
    nights.run(output, phases::add, overrides);
    assertThat(files(output)).isEqualTo(files(expected));
    assertThat(output.resolveSibling("_" + output.getFileName() + ".work")).doesNotExist();
    assertThat(output.getParent()).isDirectoryNotContaining("glob:**/*.incomplete");
    return phases.stream()
        .filter(phase -> phase.endsWith(DONE))
        .map(phase -> phase.replace(DONE, ""))
        .toList();
  }

  private static Map<String, String> files(Path corpus) throws IOException {
    Map<String, String> sums = LocalSpark.sums(corpus);
    // Have times in them.
    assertThat(sums.remove("report/report.json")).isNotNull();
    assertThat(sums.remove("report/report.html")).isNotNull();
    return sums;
  }
}
