package io.polyspark.cli;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.prep.PreparedCorpus;
import io.polyspark.prep.megatron.ImportMegatron;
import io.polyspark.prep.megatron.ImportOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark import}: data sets of Megatron's to token shards. */
@Command(
    name = "import",
    description = "Make a corpus of Megatron's .bin and .idx files; ids stay as they are.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark import --input megatron/a megatron/b \\",
      "      --tokenizer tokenizer.json --output data/mine"
    })
final class ImportCommand implements Callable<Integer> {
  // About 100 MB of native tokenizer at the most; bytes need none.
  private static final long NATIVE_BYTES = 128L << 20;

  @Option(
      names = "--input",
      required = true,
      arity = "1..*",
      paramLabel = "PREFIX",
      description = "Names without .bin and .idx, on any Hadoop file system.")
  private List<String> input = List.of();

  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "byte|FILE",
      description = "What made the ids: bytes, or a Hugging Face tokenizer.json.")
  private String tokenizer;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "Directory to make; it must not exist.")
  private String output;

  @Option(
      names = "--validation-fraction",
      defaultValue = "0.01",
      paramLabel = "X",
      description =
          "Share of the documents that is held out, by the hash of their text (default:"
              + " ${DEFAULT-VALUE}).")
  private double validationFraction;

  @Option(
      names = "--shard-tokens",
      defaultValue = "67108864",
      paramLabel = "N",
      description = "Tokens per shard file (default: ${DEFAULT-VALUE}).")
  private long shardTokens;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() {
    ImportOptions options =
        new ImportOptions(input, tokenizer, output, validationFraction, shardTokens);
    try (JavaSparkContext spark = SparkRuntime.start(Demand.ofTasks("import", NATIVE_BYTES))) {
      Signals.stopNow("Stopping now: nothing is left of it, and the same command begins again.");
      PreparedCorpus corpus;
      try (JobProgress progress = JobProgress.over(spark)) {
        corpus = ImportMegatron.run(spark, options, progress::phase);
      }
      report(corpus);
    }
    return PolySpark.DONE;
  }

  private void report(PreparedCorpus corpus) {
    Manifest manifest = corpus.manifest();
    long train = manifest.splits().get(TokenShards.TRAIN).tokens();
    long validation = manifest.splits().get(TokenShards.VALIDATION).tokens();
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("output", corpus.output().toString());
      object.put("documents", manifest.documents().kept());
      object.put("train_tokens", train);
      object.put("validation_tokens", validation);
      object.put("vocab_size", manifest.tokenizer().vocabSize());
      JsonLine.print(object);
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "Imported %,d documents: %,d tokens to train on and %,d to validate on, in %s%n",
        manifest.documents().kept(),
        train,
        validation,
        output);
  }
}
