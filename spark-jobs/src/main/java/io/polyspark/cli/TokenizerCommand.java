package io.polyspark.cli;

import io.polyspark.prep.tokenizer.TrainTokenizer;
import io.polyspark.prep.tokenizer.TrainTokenizerOptions;
import io.polyspark.prep.tokenizer.TrainedTokenizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code polyspark tokenizer}: text to a {@code tokenizer.json}. */
@Command(
    name = "tokenizer",
    description = "Train a tokenizer: count words, merge their most frequent pairs of bytes.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark tokenizer --input books/ --vocab-size 8192 \\",
      "      --output data/tokenizer.json",
      "  submit/polyspark tokenizer --input 'news/*.jsonl.gz' --vocab-size 50000 \\",
      "      --special '<|endoftext|>' '<|padding|>' --output data/tokenizer.json"
    })
final class TokenizerCommand implements Callable<Integer> {
  @Option(
      names = "--input",
      required = true,
      arity = "1..*",
      paramLabel = "PATH",
      description = TextOptions.INPUT)
  private List<String> input = List.of();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The tokenizer.json to make; it must not exist.")
  private String output;

  @Option(
      names = "--vocab-size",
      required = true,
      paramLabel = "N",
      description = "Number of tokens, the 256 bytes and the special ones included.")
  private int vocabularySize;

  @Option(
      names = "--special",
      arity = "1..*",
      paramLabel = "TOKEN",
      defaultValue = TrainTokenizerOptions.DEFAULT_SPECIAL,
      description =
          "Tokens that text has no part in, one of them the end of text; they get the first ids"
              + " (default: ${DEFAULT-VALUE}).")
  private List<String> special = List.of();

  @Option(
      names = "--min-frequency",
      defaultValue = "2",
      paramLabel = "N",
      description = "How often a pair must occur to become a token (default: ${DEFAULT-VALUE}).")
  private long minFrequency;

  @Option(
      names = "--max-words",
      defaultValue = "1000000",
      paramLabel = "N",
      description =
          "Different words that the driver has room for, some hundred bytes each; where there are"
              + " more, the rarest are left out (default: ${DEFAULT-VALUE}).")
  private long mostWords;

  @Mixin private TextOptions text;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() {
    TrainTokenizerOptions options =
        new TrainTokenizerOptions(
            input,
            output,
            vocabularySize,
            special,
            minFrequency,
            mostWords,
            text.separator(),
            text.maxRejected());
    try (JavaSparkContext spark = SparkRuntime.start(Demand.ofTasks("tokenizer", 0))) {
      Signals.stopNow("Stopping now: nothing is left of it, and the same command begins again.");
      TrainedTokenizer tokenizer;
      try (JobProgress progress = JobProgress.over(spark)) {
        tokenizer = TrainTokenizer.run(spark, options, progress::phase);
      }
      report(tokenizer);
    }
    return PolySpark.DONE;
  }

  private void report(TrainedTokenizer tokenizer) {
    if (tokenizer.leastCount() > 1) {
      System.err.printf(
          Locale.ROOT,
          "Words that occur less than %,d times were left out, to keep %,d of %,d (--max-words).%n",
          tokenizer.leastCount(),
          mostWords,
          tokenizer.words());
    }
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("output", output);
      object.put("vocab_size", tokenizer.vocabularySize());
      object.put("merges", tokenizer.merges());
      object.put("words", tokenizer.words());
      object.put("least_count", tokenizer.leastCount());
      object.put("sha256", tokenizer.sha256());
      JsonLine.print(object);
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "Trained a tokenizer of %,d tokens by %,d merges on %,d different words, in %s%n",
        tokenizer.vocabularySize(),
        tokenizer.merges(),
        tokenizer.words(),
        output);
  }
}
