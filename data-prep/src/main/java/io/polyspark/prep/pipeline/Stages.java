package io.polyspark.prep.pipeline;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Sha256;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.deduplicate.DeduplicateOptions;
import io.polyspark.prep.pipeline.PipelinePlan.SourceFiles;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.read.TaskMemory;
import io.polyspark.prep.tokenize.Side;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The stages one after the other: clean, deduplicate, tokenize, shard. */
final class Stages {
  private final JavaSparkContext spark;
  private final SparkSession session;
  private final PipelinePlan plan;
  private final StageTables tables;
  private final RunEvents events;
  private final List<String> reused = new ArrayList<>();

  /**
   * What the stages before the shards did.
   *
   * @param clean the first one's report
   * @param cleanTable has the damaged documents
   * @param deduplicated the second one's; empty where there is none
   * @param tokens the third one's
   * @param tokenTable what goes into the shards
   * @param reused names of the stages that an earlier run had done
   */
  record Tokenized(
      CleanReport clean,
      Dataset<Row> cleanTable,
      Optional<DeduplicateReport> deduplicated,
      TokenReport tokens,
      Dataset<Row> tokenTable,
      List<String> reused) {}

  Stages(
      JavaSparkContext spark,
      SparkSession session,
      PipelinePlan plan,
      StageTables tables,
      RunEvents events) {
    this.spark = spark;
    this.session = session;
    // Also what the first table is known by: which documents are too large depends on it.
    this.plan = plan.withTaskBytes(TaskMemory.of(spark));
    this.tables = tables;
    this.events = events;
  }

  /**
   * Runs those stages before the shards whose tables are not there yet.
   *
   * @param known what the documents are deduplicated against
   */
  Tokenized tokenize(Known known) throws IOException {
    Fingerprint cleanMade = Fingerprint.of(cleaning());
    StageTables.Result<CleanReport> clean =
        stage(
            CleanStage.NAME,
            cleanMade,
            CleanReport.class,
            to -> new CleanStage(session, spark, plan).write(to));
    events.cleaned(clean.report(), clean.reused());
    Dataset<Row> documents = clean.table();
    Fingerprint made = cleanMade;
    Optional<DeduplicateReport> deduplicated = Optional.empty();
    if (plan.config().deduplicate().isPresent()) {
      made =
          made.then(
              Map.of("deduplicate", Settings.deduplicate(plan.config()), "known", known.batches()));
      DeduplicateOptions options =
          DeduplicateStage.options(
              plan.config().deduplicate().get(), tables.directory(), known, made);
      StageTables.Result<DeduplicateReport> result =
          stage(
              DeduplicateStage.NAME,
              made,
              DeduplicateReport.class,
              to -> new DeduplicateStage(session, options).write(clean.table(), to));
      events.deduplicated(clean.report(), result.report(), result.reused());
      documents = result.table();
      deduplicated = Optional.of(result.report());
    }
    Dataset<Row> remaining = documents;
    StageTables.Result<TokenReport> tokens =
        stage(
            TokenizeStage.NAME,
            made.then(tokenizing()),
            TokenReport.class,
            to -> new TokenizeStage(session, spark, plan).write(remaining, to));
    spark.clearJobGroup();
    Tokenized tokenized =
        new Tokenized(
            clean.report(),
            clean.table(),
            deduplicated,
            tokens.report(),
            tokens.table(),
            List.copyOf(reused));
    events.tokenized(tokenized, tokens.reused());
    return tokenized;
  }

  /**
   * Writes the shards.
   *
   * @param fs of the directory
   * @param directory exists
   * @param prefix of the files' names, before their numbers
   * @return the files of each side, in order
   */
  Map<Side, List<Manifest.File>> write(
      Tokenized tokenized, Tokenizer tokenizer, FileSystem fs, Path directory, String prefix)
      throws IOException {
    TokenType type = TokenType.forVocabulary(tokenizer.vocabSize());
    TokenReport report = tokenized.tokens();
    long tokens = report.side(Side.TRAIN).tokens() + report.side(Side.VALIDATION).tokens();
    begin(ShardStage.NAME, "writing shards of %,d tokens".formatted(tokens));
    Map<Side, List<Manifest.File>> files =
        new ShardStage(session, spark, type, report, plan.config().shardTokens())
            .write(tokenized.tokenTable(), fs, directory, prefix);
    spark.clearJobGroup();
    events.sharded(report, files);
    return files;
  }

  private <R> StageTables.Result<R> stage(
      String name, Fingerprint made, Class<R> type, StageTables.Work<R> work) throws IOException {
    spark.setJobGroup(name, name + ": opening its table", false);
    StageTables.Result<R> result =
        tables.get(
            name,
            made,
            type,
            to -> {
              begin(name, describe(name));
              return work.write(to);
            });
    if (result.reused()) {
      events.phase(name + ": done by an earlier run");
      reused.add(name);
    }
    return result;
  }

  private String describe(String stage) {
    return switch (stage) {
      case CleanStage.NAME -> {
        long files = plan.inputs().stream().mapToLong(input -> input.files().size()).sum();
        yield "reading and cleaning %,d %s, %,d bytes"
            .formatted(files, files == 1 ? "file" : "files", plan.bytes());
      }
      case DeduplicateStage.NAME -> "looking for equal and similar documents";
      default -> "tokenizing";
    };
  }

  /** Names what follows, for people and for the pages of jobs. */
  private void begin(String stage, String description) {
    events.phase(stage + ": " + description);
    events.stageStarted(stage, description);
    spark.setJobGroup(stage, stage + ": " + description, false);
  }

  /** What decides the first table: every file as it lies there, and how it is read and cleaned. */
  private Map<String, Object> cleaning() {
    StringBuilder files = new StringBuilder();
    Map<String, Object> read = new LinkedHashMap<>();
    for (SourceFiles input : plan.inputs()) {
      read.put(input.source().name(), input.source().read().toString());
      for (InputFile file : input.files()) {
        files.append(input.source().name()).append(' ').append(file.identity()).append('\n');
      }
    }
    Map<String, Object> made = new LinkedHashMap<>(Settings.cleaning(plan.config()));
    made.put("files", Sha256.hex(files.toString().getBytes(StandardCharsets.UTF_8)));
    made.put("read", read);
    made.put("max_rejected", plan.config().maxRejected());
    made.put("seed", plan.config().seed());
    made.put("lists", plan.listsSha256());
    return made;
  }

  private Map<String, Object> tokenizing() {
    PipelineConfig config = plan.config();
    Map<String, Object> made = new LinkedHashMap<>(Settings.finishing(config));
    made.put("tokenizer", Sha256.hex(plan.tokenizerJson()));
    made.put("seed", config.seed());
    made.put("lists", plan.listsSha256());
    for (Source source : config.used()) {
      made.put(
          "source " + source.name(), List.of(source.weight(), config.validationFraction(source)));
    }
    return made;
  }
}
