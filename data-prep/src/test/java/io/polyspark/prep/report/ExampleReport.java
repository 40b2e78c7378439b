package io.polyspark.prep.report;

import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.filter.RemovedSample;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.filter.StageReport.Volume;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A report with something in every section. */
final class ExampleReport {
  private static final String PROSE =
      "The river ran past the garden wall, and in summer the children walked quietly along it,"
          + " because the windows above were open.\n\nNobody had told them to be quiet; it was the"
          + " kind of afternoon on which one is. ";

  private final UnaryOperator<String> text;

  private ExampleReport(UnaryOperator<String> text) {
    this.text = text;
  }

  /**
   * The report with every text of a user's made something else.
   *
   * @param text what becomes of a text
   */
  static RunReport with(UnaryOperator<String> text) {
    return new ExampleReport(text).report();
  }

  static RunReport plain() {
    return with(UnaryOperator.identity());
  }

  private RunReport report() {
    List<StageReport> funnel = funnel();
    return new RunReport(
        RunReport.FORMAT_VERSION,
        new RunReport.Run(
            text.apply("web-and-books"),
            "0.1.0",
            "application_1767225600000_0042",
            Instant.parse("2026-01-31T08:15:30.123456789Z"),
            Duration.ofSeconds(3723, 456_000_000),
            List.of()),
        List.of(
            new RunReport.Source(text.apply("web"), 803_214, 3_120_455_001L, 401_000_000, 1, 0.5),
            new RunReport.Source(text.apply("books"), 1_205, 604_000_000, 290_000_000, 2, 2),
            new RunReport.Source(text.apply("wiki"), 195_581, 500_111_222, 120_031_007, 1.25, 1)),
        funnel,
        new RunReport.Lengths(lengths(1, 1_000_000), lengths(2, 378_300)),
        new TreeMap<>(languages()),
        new RunReport.Duplicates(
            702_000,
            120_331,
            60_017,
            31_444,
            List.of(
                new RunReport.Cluster(
                    8_120,
                    text.apply("hdfs://cluster/crawl/2026-01/part-00017.jsonl.gz"),
                    81_231_004,
                    text.apply("Cookie policy. We use cookies to make this site better. " + PROSE)),
                new RunReport.Cluster(
                    512, text.apply("books/moby-dick.txt"), 0, text.apply(PROSE)))),
        List.of(
            new RunReport.Rejections(
                "invalid_utf8",
                2,
                List.of(
                    new RunReport.Example(
                        text.apply("crawl/part-00003.jsonl"),
                        4_711L,
                        text.apply("byte 0xff is no UTF-8")),
                    new RunReport.Example(
                        text.apply("books/damaged.txt"), null, text.apply("byte 0xc0"))))),
        splits(),
        List.of(
            new RunReport.Cost(
                "Fingerprints of the documents",
                Duration.ofSeconds(612),
                96,
                4_224_566_223L,
                0,
                71_000_123),
            new RunReport.Cost(
                "Tokenize the corpus", Duration.ofMillis(1_204_500), 96, 4_224_566_223L, 0, 0),
            new RunReport.Cost(
                "Write the shards",
                Duration.ofMillis(43_700),
                13,
                0,
                1_622_062_014,
                1_622_062_014)));
  }

  private List<StageReport> funnel() {
    List<StageReport> stages = new ArrayList<>();
    Volume in = new Volume(1_000_000, 4_224_566_223L);
    in = add(stages, "normalize", in, Map.of(), Map.of("repaired", 12_345L, "controls", 99L), 0.99);
    in =
        add(
            stages,
            "languages",
            in,
            Map.of("accepted", 170_000L, "min_confidence", 28_000L),
            languages(),
            0.9);
    in =
        add(
            stages,
            "gopher_quality",
            in,
            Map.of(
                "min_words",
                61_000L,
                "min_stop_words",
                25_040L,
                "max_symbol_ratio",
                9_960L,
                text.apply("max_ellipsis_lines"),
                4L),
            Map.of(),
            0.9);
    in =
        add(
            stages,
            "deduplicate",
            in,
            Map.of("exact_duplicate", 120_331L, "near_duplicate", 60_017L),
            Map.of(),
            0.7);
    add(stages, "fineweb", in, Map.of("short_line_ratio", 147_348L), Map.of(), 0.8);
    return stages;
  }

  private Volume add(
      List<StageReport> stages,
      String name,
      Volume in,
      Map<String, Long> removed,
      Map<String, Long> events,
      double bytes) {
    long all = removed.values().stream().mapToLong(Long::longValue).sum();
    Volume out = new Volume(in.documents() - all, (long) (in.bytes() * bytes));
    TreeMap<String, RemovedSample> samples = new TreeMap<>();
    removed.keySet().forEach(rule -> samples.put(rule, sample(rule)));
    stages.add(
        new StageReport(name, in, out, new TreeMap<>(removed), new TreeMap<>(events), samples));
    return out;
  }

  private RemovedSample sample(String rule) {
    return new RemovedSample(
        10,
        42,
        List.of(
            new RemovedSample.Entry(-9, "00f3a91b22c4d7e8", text.apply(rule + ": " + PROSE)),
            new RemovedSample.Entry(
                Long.MAX_VALUE, "b1946ac92492d234", text.apply(PROSE.repeat(8)))));
  }

  private static Map<String, Long> languages() {
    return Map.of(
        "eng", 802_000L, "deu", 99_000L, "fra", 61_500L, "spa", 30_000L, "cmn", 7_400L, "lat",
        100L);
  }

  private static LengthHistogram lengths(long seed, int documents) {
    Random random = new Random(seed);
    LengthHistogram histogram = new LengthHistogram();
    for (int document = 0; document < documents / 10; document++) {
      histogram.add((long) Math.exp(7.5 + 1.3 * random.nextGaussian()));
    }
    return histogram;
  }

  private static Map<String, Manifest.Split> splits() {
    List<Manifest.File> train = new ArrayList<>();
    for (int file = 0; file < 12; file++) {
      train.add(
          new Manifest.File(
              String.format("train/%05d.npy", file), 67_108_864, "0123456789abcdef".repeat(4)));
    }
    return new TreeMap<>(
        Map.of(
            "train",
            new Manifest.Split(374_600, 12 * 67_108_864L, 1_700_000_000, 1.25, train),
            "validation",
            new Manifest.Split(
                3_700,
                5_724_639,
                18_000_000,
                null,
                List.of(
                    new Manifest.File(
                        "validation/00000.npy", 5_724_639, "fedcba9876543210".repeat(4))))));
  }
}
