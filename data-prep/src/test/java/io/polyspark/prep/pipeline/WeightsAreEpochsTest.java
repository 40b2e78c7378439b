package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.shards.TokenShards;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How often documents are in a corpus, by the weights of their sources. */
class WeightsAreEpochsTest {
  private static final int WEB = 400;
  private static final int ALL = 1000;

  @TempDir private static Path directory;
  private static LocalSpark spark;
  private static Nights nights;

  @BeforeAll
  static void write() throws IOException {
    spark = LocalSpark.forSmallTables();
    nights = new Nights(directory, spark);
    nights.write("web/a.jsonl", Nights.texts(0, WEB));
    nights.write("books/a.jsonl", Nights.texts(WEB, ALL));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @Test
  void wholeEpochsForAllAndTheRestForSome() throws IOException {
    Path output = directory.resolve("weighted");
    nights.run(
        output,
        PrepareListener.NONE,
        "deduplicate=off",
        "sources.web.weight=2.5",
        "sources.web.validation_fraction=0.1",
        "sources.books.weight=0.5",
        "sources.books.validation_fraction=0.5");
    Map<String, Long> train = counts(output, TokenShards.TRAIN);
    Map<String, Long> validation = counts(output, TokenShards.VALIDATION);
    assertThat(train.keySet()).doesNotContainAnyElementsOf(validation.keySet());
    assertThat(validation.values()).containsOnly(1L);

    List<String> web = Nights.texts(0, WEB);
    long held = web.stream().filter(validation::containsKey).count();
    assertThat(held).isBetween(25L, 55L);
    List<Long> copies = web.stream().filter(train::containsKey).map(train::get).toList();
    assertThat(copies).hasSize(Math.toIntExact(WEB - held)).containsOnly(2L, 3L);
    assertThat(copies.stream().mapToLong(n -> n).average().orElseThrow()).isBetween(2.43, 2.57);

    List<String> books = Nights.texts(WEB, ALL);
    long booksHeld = books.stream().filter(validation::containsKey).count();
    assertThat(booksHeld).isBetween(260L, 340L);
    List<Long> halves = books.stream().filter(train::containsKey).map(train::get).toList();
    assertThat(halves).containsOnly(1L);
    assertThat(halves.size() / (double) (books.size() - booksHeld)).isBetween(0.4, 0.6);
  }

  /** So large that a sum with it would overflow. */
  @Test
  void allIsInOneFileOfEachSideWhereAFileMayHaveAnyNumberOfTokens() throws IOException {
    Path output = directory.resolve("one-file");
    nights.run(output, PrepareListener.NONE, "deduplicate=off", "shard_tokens=" + Long.MAX_VALUE);
    assertThat(LocalSpark.sums(output).keySet())
        .filteredOn(name -> name.endsWith(".npy"))
        .containsExactly("train/00000.npy", "validation/00000.npy");
    assertThat(Nights.documents(output, TokenShards.TRAIN)).hasSizeBetween(750, 850);
    assertThat(Nights.documents(output)).isEqualTo(Nights.upTo(ALL));
  }

  private static Map<String, Long> counts(Path corpus, String split) throws IOException {
    return Nights.documents(corpus, split).stream()
        .collect(Collectors.groupingBy(text -> text, TreeMap::new, Collectors.counting()));
  }
}
