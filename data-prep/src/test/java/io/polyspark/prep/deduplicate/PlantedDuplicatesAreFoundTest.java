package io.polyspark.prep.deduplicate;

import static io.polyspark.prep.deduplicate.ConnectedComponents.NODE;
import static io.polyspark.prep.deduplicate.ConnectedComponents.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.LocalSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlantedDuplicatesAreFoundTest {
  private static final double SIMILAR = 0.85;
  private static final double RECALL = 0.99;

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
  void twoThousandDocuments() throws IOException {
    check(2_000);
  }

  @Test
  @Tag("faults")
  void tenThousandDocuments() throws IOException {
    check(10_000);
  }

  @Test
  void candidatesOfRealTextFollowTheFormula() throws IOException {
    PlantedDuplicates planted = PlantedDuplicates.of(6_000, 2);
    List<SimilarityCurve.Bin> bins = SimilarityCurve.of(planted, FingerprintOptions.DEFAULTS);
    assertThat(bins).hasSizeGreaterThan(15);
    for (SimilarityCurve.Bin bin : bins) {
      // One pair more or less where the formula is next to 0 or 1.
      assertThat(bin.measured())
          .as("%s", bin)
          .isCloseTo(bin.formula(), within(4 * bin.deviation() + 1.0 / bin.pairs()));
    }
  }

  private void check(int count) throws IOException {
    PlantedDuplicates planted = PlantedDuplicates.of(count, 1);
    DeduplicateOptions options = DeduplicateOptions.in(directory.toString());
    String expected;
    DeduplicateStatistics statistics;
    try (Deduplicated result = run(planted, options, 7)) {
      List<LocatedDocument> kept = result.kept().collect();
      statistics = result.statistics();
      assertThat(statistics.documents()).isEqualTo(count);
      assertThat(statistics.kept()).isEqualTo(kept.size());
      assertThat(count - statistics.exactDuplicates() - statistics.nearDuplicates())
          .isEqualTo(kept.size());
      assertThat(recall(planted, kept)).isGreaterThanOrEqualTo(RECALL);
      assertNoEdgeBelow(options.verifyThreshold().getAsDouble(), planted, result);
      expected = sha256(kept);
    }
    for (int partitions : new int[] {1, 64}) {
      try (Deduplicated result = run(planted, options, partitions)) {
        assertThat(sha256(result.kept().collect())).isEqualTo(expected);
        assertThat(result.statistics()).isEqualTo(statistics);
      }
    }
  }

  private static Deduplicated run(
      PlantedDuplicates planted, DeduplicateOptions options, int partitions) throws IOException {
    return Deduplicate.run(spark.context().parallelize(planted.documents(), partitions), options);
  }

  /** The share of similar pairs of which one document is gone. */
  private static double recall(PlantedDuplicates planted, List<LocatedDocument> kept) {
    Set<String> places =
        kept.stream().map(PlantedDuplicatesAreFoundTest::place).collect(Collectors.toSet());
    int similar = 0;
    int found = 0;
    for (int pair = 0; pair < planted.jaccards().size(); pair++) {
      if (planted.jaccards().get(pair) >= SIMILAR) {
        similar++;
        boolean both =
            places.contains(place(planted.documents().get(2 * pair)))
                && places.contains(place(planted.documents().get(2 * pair + 1)));
        found += both ? 0 : 1;
      }
    }
    assertThat(similar).isGreaterThan(planted.jaccards().size() / 5);
    return (double) found / similar;
  }

  private static void assertNoEdgeBelow(
      double threshold, PlantedDuplicates planted, Deduplicated result) {
    TextNormalizer normalizer = new TextNormalizer(LetterCase.KEPT);
    Map<String, String> texts = new HashMap<>();
    for (LocatedDocument document : planted.documents()) {
      String text = normalizer.normalize(document.text());
      texts.put(HexFormat.of().formatHex(Fingerprints.identity(text)), text);
    }
    List<Row> pairs = result.pairs().select(NODE, ROOT).collectAsList();
    assertThat(pairs).hasSize((int) result.statistics().similarPairs()).isNotEmpty();
    for (Row pair : pairs) {
      String first = texts.get(HexFormat.of().formatHex(pair.<byte[]>getAs(0)));
      String second = texts.get(HexFormat.of().formatHex(pair.<byte[]>getAs(1)));
      assertThat(
              PlantedDuplicates.jaccard(
                  PlantedDuplicates.shingles(first.split(" ")),
                  PlantedDuplicates.shingles(second.split(" "))))
          .isGreaterThanOrEqualTo(threshold);
    }
  }

  private static String sha256(List<LocatedDocument> documents) {
    return Sha256.hex(
        documents.stream()
            .map(document -> place(document) + " " + document.text() + "\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8));
  }

  private static String place(LocatedDocument document) {
    return document.source() + " " + document.position();
  }
}
