package io.polyspark.prep.deduplicate;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedOutputStream;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * Measures the rate of fingerprints and prints the similarity curve; {@code
 * docs/benchmarks/minhash.sh} runs it with {@code data.dir} set. Rates are megabytes of UTF-8 for a
 * second of the thread's own time on a processor, the median of 9 passes after 5 that warm up. Into
 * a directory that is given go the texts, {@code documents.jsonl}, and their signatures, {@code
 * signatures.bin}, little-endian, for {@code docs/benchmarks/minhash_peer.py}.
 */
final class MinHashReport {
  private static final int WARM_UP = 5;
  private static final int PASSES = 9;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private MinHashReport() {}

  public static void main(String[] arguments) throws IOException {
    FingerprintOptions options = FingerprintOptions.DEFAULTS;
    PlantedDuplicates planted = PlantedDuplicates.of(10_000, 1);
    String[] texts = planted.documents().stream().map(LocatedDocument::text).toArray(String[]::new);
    TextNormalizer normalizer = new TextNormalizer(options.letterCase());
    String[] normalized = Arrays.stream(texts).map(normalizer::normalize).toArray(String[]::new);
    long[][] shingles =
        Arrays.stream(normalized)
            .map(text -> Shingles.of(text, options.shingleWords()))
            .toArray(long[][]::new);
    MinHash minHash = new MinHash(options.bands(), options.rows(), options.seed());
    double megabytes =
        Arrays.stream(texts).mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length).sum()
            / 1e6;
    if (arguments.length > 0) {
      write(Path.of(arguments[0]), texts, shingles, minHash);
    }

    System.out.printf(
        Locale.ROOT,
        "%d documents, %.1f MB%n%n| stage | MB/s per core |%n| --- | --- |%n",
        texts.length,
        megabytes);
    row("normalised", megabytes, i -> normalizer.normalize(texts[i]).length(), texts.length);
    row("hash of the text", megabytes, i -> Fingerprints.identity(normalized[i])[0], texts.length);
    row(
        "shingles",
        megabytes,
        i -> Shingles.of(normalized[i], options.shingleWords()).length,
        texts.length);
    row(
        "signature and band keys of shingles",
        megabytes,
        i -> (int) minHash.bandKeys(minHash.signature(shingles[i]))[0],
        texts.length);
    row(
        "signature of a text: shingles, signature, band keys",
        megabytes,
        i ->
            (int)
                minHash
                    .bandKeys(
                        minHash.signature(Shingles.of(normalized[i], options.shingleWords())))[0],
        texts.length);
    row(
        "set of shingles for verification",
        megabytes,
        i -> Shingles.set(shingles[i])[0],
        texts.length);

    System.out.printf(
        "%n| similarity | pairs | candidates | formula |%n| --- | --- | --- | --- |%n");
    for (SimilarityCurve.Bin bin : SimilarityCurve.of(planted, options)) {
      System.out.printf(
          Locale.ROOT,
          "| %.2f to %.2f | %d | %.4f | %.4f ± %.4f |%n",
          bin.from(),
          bin.from() + 0.05,
          bin.pairs(),
          bin.measured(),
          bin.formula(),
          bin.deviation());
    }
  }

  private static void write(Path directory, String[] texts, long[][] shingles, MinHash minHash)
      throws IOException {
    JsonMapper json = new JsonMapper();
    try (BufferedWriter lines = Files.newBufferedWriter(directory.resolve("documents.jsonl"));
        OutputStream numbers =
            new BufferedOutputStream(Files.newOutputStream(directory.resolve("signatures.bin")))) {
      for (int i = 0; i < texts.length; i++) {
        lines.write(json.writeValueAsString(Map.of("text", texts[i])));
        lines.newLine();
        long[] signature = minHash.signature(shingles[i]);
        ByteBuffer bytes =
            ByteBuffer.allocate(Long.BYTES * signature.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(signature);
        numbers.write(bytes.array());
      }
    }
  }

  /** What is measured, for one document; its result keeps it from being optimized away. */
  private interface Stage {
    int run(int document);
  }

  private static void row(String name, double megabytes, Stage stage, int documents) {
    double[] rates = new double[PASSES];
    long results = 0;
    for (int pass = -WARM_UP; pass < PASSES; pass++) {
      long start = THREADS.getCurrentThreadCpuTime();
      for (int document = 0; document < documents; document++) {
        results += stage.run(document);
      }
      double seconds = (THREADS.getCurrentThreadCpuTime() - start) / 1e9;
      if (pass >= 0) {
        rates[pass] = megabytes / seconds;
      }
    }
    Arrays.sort(rates);
    String used = results == Long.MIN_VALUE ? " " : "";
    System.out.printf(Locale.ROOT, "| %s%s | %.1f |%n", name, used, rates[PASSES / 2]);
  }
}
