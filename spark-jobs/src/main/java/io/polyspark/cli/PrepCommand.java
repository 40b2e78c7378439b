package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.prep.PrepareCorpus;
import io.polyspark.prep.PrepareOptions;
import io.polyspark.prep.PreparedCorpus;
import io.polyspark.prep.Split;
import io.polyspark.prep.pipeline.Pipeline;
import io.polyspark.prep.pipeline.PipelineConfig;
import io.polyspark.prep.pipeline.PipelineFile;
import io.polyspark.prep.pipeline.PipelinePlan;
import io.polyspark.prep.pipeline.PipelineResult;
import io.polyspark.prep.shard.OutputDirectory;
import io.polyspark.prep.ui.CorpusUi;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code polyspark prep}: text to token shards. */
@Command(
    name = "prep",
    description = {
      "Prepare a corpus: read text, tokenize it, write token shards.",
      "With --config also clean, deduplicate, mix and shuffle it, in stages that a run which was"
          + " broken off goes on from."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark prep --input books/ 'news/*.jsonl.gz' --output data/mine",
      "  submit/polyspark prep --input corpus.txt --tokenizer tokenizer.json \\",
      "      --split tail --validation-fraction 0.1 --output data/mine",
      "  submit/polyspark prep --synthetic 4M --seed 1 --output data/synthetic",
      "  submit/polyspark prep --config conf/data/web.yaml --input 'crawl/*.warc.gz' \\",
      "      --output data/web",
      "  submit/polyspark prep --config conf/data/nightly.yaml --incremental \\",
      "      --output data/web"
    })
final class PrepCommand implements Callable<Integer> {
  // About 100 MB of native tokenizer at the most; bytes need none.
  private static final long NATIVE_BYTES = 128L << 20;

  /** What the file of a pipeline says. */
  private static final List<String> ONE_LINE_OPTIONS =
      List.of(
          "--synthetic",
          "--seed",
          "--tokenizer",
          "--split",
          "--validation-fraction",
          "--document-separator",
          "--max-rejected",
          "--shard-tokens");

  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "YAML file of a whole pipeline (conf/data/web.yaml); --input then stands for that of its"
              + " only source, and --set for the other options.")
  private java.nio.file.Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "With --config: over a key of the file, such as deduplicate=off; repeatable.")
  private List<String> overrides = List.of();

  @Option(
      names = "--incremental",
      description =
          "With --config: let the output grow, adding what is new or changed among the input since"
              + " the last run as another version.")
  private boolean incremental;

  @Option(names = "--input", arity = "1..*", paramLabel = "PATH", description = TextOptions.INPUT)
  private List<String> input = List.of();

  @Option(
      names = "--synthetic",
      paramLabel = "SIZE",
      converter = Size.class,
      description =
          "In place of input, about SIZE bytes (500k, 4M) of generated text whose entropy is known.")
  private Long synthetic;

  @Option(
      names = "--seed",
      defaultValue = "1337",
      paramLabel = "N",
      description = "Seed of the generated text (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "Directory to make; it must not exist, unless it is to grow.")
  private String output;

  @Option(
      names = "--tokenizer",
      defaultValue = PrepareOptions.BYTE_TOKENIZER,
      paramLabel = "byte|FILE",
      description =
          "Bytes as tokens, or a Hugging Face tokenizer.json (default: ${DEFAULT-VALUE}).")
  private String tokenizer;

  @Option(
      names = "--split",
      defaultValue = "hash",
      paramLabel = "hash|tail",
      converter = SplitName.class,
      description =
          "Hold out whole documents by their hash, or the tail of every document (default:"
              + " ${DEFAULT-VALUE}).")
  private Split split;

  @Option(
      names = "--validation-fraction",
      defaultValue = "0.01",
      paramLabel = "X",
      description = "Share of the text that is held out (default: ${DEFAULT-VALUE}).")
  private double validationFraction;

  @Mixin private TextOptions text;

  @Option(
      names = "--shard-tokens",
      defaultValue = "67108864",
      paramLabel = "N",
      description = "Tokens per shard file (default: ${DEFAULT-VALUE}).")
  private long shardTokens;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (config != null) {
      return runPipeline();
    }
    if (!overrides.isEmpty() || incremental) {
      throw UserError.of(
          "%s; name one with --config.",
          incremental
              ? "--incremental needs a configuration file"
              : "--set changes a key of a configuration file");
    }
    PrepareOptions options =
        new PrepareOptions(
            input,
            Optional.ofNullable(synthetic),
            seed,
            output,
            tokenizer,
            split,
            validationFraction,
            text.separator(),
            text.maxRejected(),
            shardTokens);
    try (JavaSparkContext spark = SparkRuntime.start(Demand.ofTasks("prep", NATIVE_BYTES))) {
      Signals.stopNow("Stopping now: nothing is left of it, and the same command begins again.");
      PreparedCorpus corpus;
      try (JobProgress progress = JobProgress.over(spark)) {
        corpus = PrepareCorpus.run(spark, options, progress::phase);
      }
      corpus.warnings().forEach(System.err::println);
      report(corpus.output(), corpus.manifest());
    }
    return PolySpark.DONE;
  }

  private int runPipeline() throws IOException {
    for (String option : ONE_LINE_OPTIONS) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw UserError.of(
            "%s does not go with --config, whose file says it: set it there, or with --set.",
            option);
      }
    }
    PipelineConfig pipeline = PipelineFile.load(config, overrides, input);
    Configuration hadoop = SparkRuntime.hadoop();
    Path to = new Path(output);
    if (!incremental) {
      FileSystem fs = to.getFileSystem(hadoop);
      OutputDirectory.refuseExisting(fs, fs.makeQualified(to));
    }
    PipelinePlan plan =
        incremental ? PipelinePlan.ofGrowing(pipeline, hadoop) : PipelinePlan.of(pipeline, hadoop);
    if (incremental) {
      Pipeline.requireGrowable(plan, to, hadoop);
    }
    try (JavaSparkContext spark = SparkRuntime.start(Demand.ofTasks("prep", NATIVE_BYTES))) {
      CorpusUi.follow(spark);
      Signals.stopNow(
          "Stopping now: "
              + (incremental ? "the corpus stays as it was, " : "")
              + "the stages that are whole are kept, and the same command goes on after them.");
      PipelineResult result;
      try (JobProgress progress = JobProgress.over(spark)) {
        result =
            incremental
                ? Pipeline.grow(spark, plan, to, progress::phase)
                : Pipeline.run(spark, plan, to, progress::phase);
      }
      report(result.output(), result.manifest());
    }
    return PolySpark.DONE;
  }

  private void report(Path prepared, Manifest manifest) {
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("output", prepared.toString());
      if (manifest.version() != null) {
        object.put("version", manifest.version());
      }
      object.put("documents", manifest.documents().kept());
      object.put("train_tokens", tokens(manifest, TokenShards.TRAIN));
      object.put("validation_tokens", tokens(manifest, TokenShards.VALIDATION));
      object.put("vocab_size", manifest.tokenizer().vocabSize());
      JsonLine.print(object);
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "Prepared %,d documents: %,d tokens to train on and %,d to validate on, in %s%s%n",
        manifest.documents().kept(),
        tokens(manifest, TokenShards.TRAIN),
        tokens(manifest, TokenShards.VALIDATION),
        output,
        manifest.version() == null ? "" : ", version " + manifest.version());
  }

  private static long tokens(Manifest manifest, String split) {
    return manifest.splits().get(split).tokens();
  }

  /** Reads {@code hash} and {@code tail}. */
  static final class SplitName implements ITypeConverter<Split> {
    @Override
    public Split convert(String value) {
      return TextOptions.named(Split.class, value);
    }
  }
}
