package io.polyspark.prep.deduplicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.deduplicate.DeduplicateStatistics.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeduplicateTest {
  private static final String LONG =
      IntStream.range(0, 60).mapToObj(i -> "word" + i * i).reduce((a, b) -> a + " " + b).get();

  private static LocalSpark spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark = LocalSpark.forSmallTables();
  }

  @AfterAll
  static void stopSpark() {
    spark.close();
  }

  @Test
  void keepsTheLongestAndOfEqualOnesTheFirst() throws IOException {
    List<LocatedDocument> documents =
        List.of(
            new LocatedDocument("b.txt", 0, LONG + "\n"),
            new LocatedDocument("b.txt", 1, ""),
            new LocatedDocument("b.txt", 2, "alone"),
            new LocatedDocument("a.txt", 9, "two  words"),
            new LocatedDocument("a.txt", 10, "two words"),
            new LocatedDocument("a.txt", 3, LONG),
            new LocatedDocument("b.txt", 4, LONG + " and more"),
            new LocatedDocument("b.txt", 3, LONG + " and some"),
            new LocatedDocument("a.txt", 2, "\n"));
    try (Deduplicated result = run(documents, options())) {
      assertThat(places(result)).containsExactly("b.txt 2", "a.txt 9", "b.txt 3", "a.txt 2");
      assertThat(result.statistics())
          .isEqualTo(
              new DeduplicateStatistics(
                  9,
                  4,
                  0,
                  3,
                  2,
                  result.statistics().similarPairs(),
                  3,
                  List.of(
                      new Cluster(4, "b.txt", 3),
                      new Cluster(2, "a.txt", 2),
                      new Cluster(2, "a.txt", 9))));
    }
    assertThat(leftBehind()).isEmpty();
  }

  @Test
  void nothingIsADuplicateInNothing() throws IOException {
    try (Deduplicated result = run(List.of(), options())) {
      assertThat(result.kept().collect()).isEmpty();
      assertThat(result.statistics())
          .isEqualTo(new DeduplicateStatistics(0, 0, 0, 0, 0, 0, 0, List.of()));
    }
  }

  @Test
  void whatIsAcceptedStaysAccepted() throws IOException {
    DeduplicateOptions options = options().withIndex(directory.resolve("index").toString());
    List<LocatedDocument> first =
        List.of(
            new LocatedDocument("one", 0, LONG),
            new LocatedDocument("one", 1, LONG + " end"),
            new LocatedDocument("one", 2, "other"));
    assertThat(accept(first, options)).containsExactly("one 1", "one 2");
    Map<String, String> index = sums();
    assertThat(index).containsKey("batch-000000/settings.json");

    assertThat(accept(first, options)).containsExactly("one 1", "one 2");
    assertThat(sums()).isEqualTo(index);

    List<LocatedDocument> second =
        List.of(
            new LocatedDocument("a", 0, "other"),
            new LocatedDocument("a", 1, LONG + " and a longer end"),
            new LocatedDocument("a", 2, "news"),
            new LocatedDocument("one", 2, "other"),
            new LocatedDocument("one", 1, "changed in the meantime"));
    assertThat(accept(second, options)).containsExactly("a 2", "one 2", "one 1");
    assertThat(sums()).containsAllEntriesOf(index).containsKey("batch-000001/settings.json");
    assertThat(accept(List.of(new LocatedDocument("b", 0, "news")), options)).isEmpty();
    assertThat(leftBehind()).containsExactly("index");

    assertThatThrownBy(
            () ->
                run(first, options.withFingerprints(FingerprintOptions.DEFAULTS.withBands(20, 5))))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The index "
                + directory.resolve("index")
                + " was made with bands 14 and cannot be used with 20; set it back, or name another"
                + " directory for a new index.");
  }

  @Test
  void aVersionIsHeldAgainstItsOwnBatchesAndKeepsNothingOfThem() throws IOException {
    List<LocatedDocument> first =
        List.of(new LocatedDocument("one", 0, LONG), new LocatedDocument("one", 1, "other"));
    assertThat(accept(first, version(List.of(), 1))).containsExactly("one 0", "one 1");
    Map<String, String> index = sums();

    List<LocatedDocument> second =
        List.of(
            new LocatedDocument("one", 0, LONG),
            new LocatedDocument("one", 1, "changed in the meantime"),
            new LocatedDocument("two", 0, LONG + " and a longer end"),
            new LocatedDocument("two", 1, "other"),
            new LocatedDocument("two", 2, "news"));
    assertThat(accept(second, version(List.of("batch-000001"), 2)))
        .containsExactly("one 1", "two 2");
    Map<String, String> both = sums();
    assertThat(both).containsAllEntriesOf(index).containsKey("batch-000002/settings.json");

    // The run ended before its version was published: the next one is as if it had not been.
    assertThat(accept(second, version(List.of("batch-000001"), 2)))
        .containsExactly("one 1", "two 2");
    assertThat(sums().keySet().stream().filter(name -> name.endsWith("settings.json")))
        .containsExactly("batch-000001/settings.json", "batch-000002/settings.json");

    List<LocatedDocument> third = List.of(new LocatedDocument("three", 0, "news"));
    DeduplicateOptions afterBoth = version(List.of("batch-000001", "batch-000002"), 3);
    try (Deduplicated result = run(third, afterBoth)) {
      assertThat(result.accept()).isFalse();
      assertThat(result.statistics())
          .isEqualTo(new DeduplicateStatistics(1, 0, 0, 1, 0, 0, 0, List.of()));
    }
    assertThat(sums()).doesNotContainKey("batch-000003/settings.json");
    // Rolled back to the first, what the second has accepted is news.
    assertThat(accept(third, version(List.of("batch-000001"), 3))).containsExactly("three 0");
    assertThatThrownBy(() -> run(third, version(List.of("batch-000007"), 8)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("batch-000007");
  }

  @Test
  @Tag("faults")
  void batchesThatWereHeldAgainstTheSameIndexDoNotBothEnterIt() throws IOException {
    DeduplicateOptions options = options().withIndex(directory.resolve("index").toString());
    List<LocatedDocument> batch = List.of(new LocatedDocument("one", 0, LONG));
    try (Deduplicated slow = run(batch, options)) {
      accept(batch, options);
      Map<String, String> index = sums();
      assertThatThrownBy(slow::accept)
          .isInstanceOf(UserError.class)
          .hasMessageEndingWith(
              "has grown since this batch was held against it; run this batch again.");
      assertThat(sums()).isEqualTo(index);
    }
  }

  @Test
  @Tag("faults")
  void longChainsAreOneCluster() throws IOException {
    List<LocatedDocument> chain = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      int start = i;
      chain.add(
          new LocatedDocument(
              "chain",
              i,
              IntStream.range(start, start + 100)
                  .mapToObj(word -> "word" + (1000 + word))
                  .reduce((a, b) -> a + " " + b)
                  .get()));
    }
    try (Deduplicated result = run(chain, options())) {
      assertThat(places(result)).containsExactly("chain 0");
      assertThat(result.statistics().largestClusters())
          .containsExactly(new Cluster(40, "chain", 0));
    }
  }

  @Test
  void capitalsCountUnlessLowered() throws IOException {
    List<LocatedDocument> documents =
        List.of(new LocatedDocument("a", 0, "A B"), new LocatedDocument("a", 1, "a b"));
    try (Deduplicated result = run(documents, options())) {
      assertThat(result.statistics().kept()).isEqualTo(2);
    }
    DeduplicateOptions lowered =
        options()
            .withFingerprints(FingerprintOptions.DEFAULTS.withLetterCase(LetterCase.LOWERED))
            .withoutVerification();
    try (Deduplicated result = run(documents, lowered)) {
      assertThat(result.statistics().exactDuplicates()).isEqualTo(1);
    }
  }

  private DeduplicateOptions options() {
    return DeduplicateOptions.in(directory.toString());
  }

  private DeduplicateOptions version(List<String> known, int number) {
    return options()
        .withIndex(
            directory.resolve("index").toString(),
            new IndexBatches(known, String.format("batch-%06d", number)));
  }

  private Deduplicated run(List<LocatedDocument> documents, DeduplicateOptions options)
      throws IOException {
    return Deduplicate.run(spark.context().parallelize(documents, 3), options);
  }

  private List<String> accept(List<LocatedDocument> documents, DeduplicateOptions options)
      throws IOException {
    try (Deduplicated result = run(documents, options)) {
      result.accept();
      return places(result);
    }
  }

  private static List<String> places(Deduplicated result) {
    return result.kept().collect().stream()
        .map(document -> document.source() + " " + document.position())
        .toList();
  }

  private Map<String, String> sums() throws IOException {
    return LocalSpark.sums(directory.resolve("index"));
  }

  private List<String> leftBehind() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
