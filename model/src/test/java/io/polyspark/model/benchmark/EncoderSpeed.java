package io.polyspark.model.benchmark;

import io.polyspark.model.tokenize.ByteLevelBpe;
import io.polyspark.model.tokenize.HuggingFaceTokenizer;
import io.polyspark.model.tokenize.Tokenizer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Holds the encoder against the tokenizers library on one thread: {@code EncoderSpeed ROUNDS
 * TOKENIZER FILE...}. Text is encoded paragraph by paragraph. The two take turns; the encoder is
 * opened anew for every turn, so that it starts without a word in its cache. Time is the
 * processor's in the thread that asks, so that others on the machine do not count. Ends with a
 * failure if any ids differ.
 */
final class EncoderSpeed {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int WARM_UP = 3;
  private static final Pattern PARAGRAPH_END = Pattern.compile("(?<=\n) *\n");

  private EncoderSpeed() {}

  public static void main(String[] arguments) throws IOException {
    int rounds = Integer.parseInt(arguments[0]);
    byte[] json = Files.readAllBytes(Path.of(arguments[1]));
    System.out.println("| text | MB | library, MB/s | ours, MB/s | ratio | tokens |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    try (Tokenizer library = new HuggingFaceTokenizer(json, "the library")) {
      for (String name : Arrays.asList(arguments).subList(2, arguments.length)) {
        String text = Files.readString(Path.of(name));
        measure(Path.of(name).getFileName().toString(), text, json, library, rounds);
      }
    }
  }

  private static void measure(
      String name, String text, byte[] json, Tokenizer library, int rounds) {
    List<String> documents = PARAGRAPH_END.splitAsStream(text).toList();
    double megabytes =
        documents.stream().mapToLong(d -> d.getBytes(StandardCharsets.UTF_8).length).sum() / 1e6;
    long tokens = requireSameIds(documents, json, library);
    double[] libraryTimes = new double[rounds];
    double[] ourTimes = new double[rounds];
    for (int round = -WARM_UP; round < rounds; round++) {
      double libraryTime = seconds(documents, library);
      double ourTime;
      try (Tokenizer ours = ByteLevelBpe.open(json, "ours").orElseThrow()) {
        ourTime = seconds(documents, ours);
      }
      if (round >= 0) {
        libraryTimes[round] = libraryTime;
        ourTimes[round] = ourTime;
      }
    }
    Arrays.sort(libraryTimes);
    Arrays.sort(ourTimes);
    double libraryMedian = libraryTimes[rounds / 2];
    double ourMedian = ourTimes[rounds / 2];
    System.out.printf(
        Locale.ROOT,
        "| %s | %.2f | %.2f | %.1f | %.1f | %,d |%n",
        name,
        megabytes,
        megabytes / libraryMedian,
        megabytes / ourMedian,
        libraryMedian / ourMedian,
        tokens);
  }

  private static long requireSameIds(List<String> documents, byte[] json, Tokenizer library) {
    long tokens = 0;
    try (Tokenizer ours = ByteLevelBpe.open(json, "ours").orElseThrow()) {
      for (String document : documents) {
        int[] ids = ours.encode(document);
        if (!Arrays.equals(ids, library.encode(document))) {
          throw new IllegalStateException("the ids differ of: " + document);
        }
        tokens += ids.length;
      }
    }
    return tokens;
  }

  private static double seconds(List<String> documents, Tokenizer tokenizer) {
    long start = THREADS.getCurrentThreadCpuTime();
    long ids = 0;
    for (String document : documents) {
      ids += tokenizer.encode(document).length;
    }
    if (ids == 0) {
      throw new IllegalStateException("there is no text");
    }
    return (THREADS.getCurrentThreadCpuTime() - start) / 1e9;
  }
}
