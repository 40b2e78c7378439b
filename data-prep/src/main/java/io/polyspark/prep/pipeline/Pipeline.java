package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.shard.OutputDirectory;
import io.polyspark.prep.shard.PlainFiles;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SideCounts;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * From named sources to a corpus of shuffled token shards. What comes out is a function of the
 * input's bytes, the files' names and the configuration, on any cluster. A run that is broken off
 * leaves the tables of its whole stages beside the output; the same run then goes on from there.
 */
public final class Pipeline {
  private final JavaSparkContext spark;
  private final SparkSession session;
  private final PipelinePlan plan;
  private final PrepareListener listener;

  private Pipeline(JavaSparkContext spark, PipelinePlan plan, PrepareListener listener) {
    this.spark = spark;
    this.session = session(spark);
    this.plan = plan;
    this.listener = listener;
  }

  /**
   * Writes {@code output}, whole or not at all.
   *
   * @param output a directory that does not exist, on a file system that all executors share
   * @throws UserError for input that is damaged beyond what is allowed or has too little text, and
   *     an output that exists
   */
  public static PipelineResult run(
      JavaSparkContext spark, PipelinePlan plan, Path output, PrepareListener listener) {
    try {
      return new Pipeline(spark, plan, listener).run(output);
    } catch (UserError e) {
      throw e;
    } catch (Exception e) {
      // Not RuntimeException: Scala throws Spark's exceptions, which are checked, undeclared.
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof UserError) {
          throw new UserError(cause.getMessage(), e);
        }
      }
      throw new IllegalStateException("cannot prepare " + output, e);
    }
  }

  private PipelineResult run(Path output) throws IOException {
    FileSystem fs = PlainFiles.open(output, spark.hadoopConfiguration());
    Path target = fs.makeQualified(output);
    Path work = new Path(target.getParent(), "_" + target.getName() + ".work");
    try (OutputDirectory directory = new OutputDirectory(fs, target);
        Tokenizer tokenizer = Tokenizer.load(plan.tokenizerJson())) {
      StageTables tables = new StageTables(session, work);
      Stages stages = new Stages(spark, session, plan, tables, listener);
      Stages.Tokenized tokenized = stages.tokenize(UnaryOperator.identity(), "");
      refuseEmpty(tokenized);
      TokenType type = TokenType.forVocabulary(tokenizer.vocabSize());
      Map<Side, List<Manifest.File>> files =
          stages.write(tokenized, type, fs, directory.path(), "");
      Manifest manifest =
          new Manifest(
              Manifest.FORMAT_VERSION,
              new Manifest.TokenizerIdentity(
                  tokenizer.sha256(), tokenizer.vocabSize(), tokenizer.endOfText()),
              type.dtype(),
              splits(tokenized.tokens(), files),
              documents(tokenized),
              Settings.of(plan.config()));
      try (OutputStream out =
          fs.create(new Path(directory.path(), Manifest.TOKENIZER_FILE), false)) {
        out.write(plan.tokenizerJson());
      }
      manifest.write(fs, directory.path());
      directory.commit();
      tables.clear();
      return new PipelineResult(target, manifest);
    }
  }

  private static void refuseEmpty(Stages.Tokenized tokenized) {
    for (Side side : Side.values()) {
      if (tokenized.tokens().side(side).tokens() == 0) {
        throw UserError.of(
            "No document is left for the %s split (%s); give more text, other filters, or another"
                + " validation_fraction.",
            side.directory(), summary(documents(tokenized)));
      }
    }
  }

  private static String summary(Manifest.Documents documents) {
    return "%,d %s read, left out: %s"
        .formatted(
            documents.read(),
            documents.read() == 1 ? "document" : "documents",
            documents.dropped().isEmpty() ? "none" : documents.dropped());
  }

  private static Map<String, Manifest.Split> splits(
      TokenReport report, Map<Side, List<Manifest.File>> files) {
    Map<String, Manifest.Split> splits = new LinkedHashMap<>();
    for (Side side : Side.values()) {
      SideCounts counts = report.side(side);
      splits.put(
          side.directory(),
          new Manifest.Split(
              counts.documents(), counts.tokens(), counts.textBytes(), null, files.get(side)));
    }
    return splits;
  }

  private static Manifest.Documents documents(Stages.Tokenized tokenized) {
    Volume read = CleanReport.total(tokenized.clean().read());
    return new Manifest.Documents(
        read.documents() + tokenized.clean().allRejected(),
        tokenized.tokens().documents(),
        dropped(tokenized));
  }

  /** Documents left out, by step and rule. */
  private static Map<String, Long> dropped(Stages.Tokenized done) {
    TreeMap<String, Long> dropped = new TreeMap<>(done.clean().rejected());
    dropped.putAll(done.clean().filters().removed());
    dropped.putAll(done.tokens().filters().removed());
    done.deduplicated()
        .ifPresent(
            found -> {
              dropped.put("deduplicate.exact", found.exactDuplicates());
              dropped.put("deduplicate.near", found.nearDuplicates());
            });
    dropped.put("empty", done.clean().empty() + done.tokens().empty());
    dropped.put("weight", done.tokens().leftOut());
    dropped.values().removeIf(count -> count == 0);
    return dropped;
  }

  /** A session of our own, so that the settings of the user's stay as they are. */
  private static SparkSession session(JavaSparkContext spark) {
    SparkSession session =
        SparkSession.builder().sparkContext(spark.sc()).getOrCreate().newSession();
    session.conf().set("spark.sql.adaptive.enabled", true);
    return session;
  }
}
