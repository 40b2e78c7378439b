package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.deduplicate.Deduplicate;
import io.polyspark.prep.read.TaskFailure;
import io.polyspark.prep.report.StageCosts;
import io.polyspark.prep.shard.OutputDirectory;
import io.polyspark.prep.shard.PlainFiles;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.version.CorpusVersion;
import io.polyspark.prep.version.CorpusVersions;
import io.polyspark.prep.version.Lease;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
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
  private final RunEvents events;

  private Pipeline(JavaSparkContext spark, PipelinePlan plan, RunEvents events) {
    this.spark = spark;
    this.session = session(spark);
    this.plan = plan;
    this.events = events;
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
    RunEvents events = new RunEvents(spark, listener);
    return guarded(output, events, () -> new Pipeline(spark, plan, events).run(output));
  }

  /**
   * Adds to a corpus that grows what is new or changed among the input, as another version; makes
   * none where nothing is.
   *
   * @param data the corpus' directory, which is made where it is not there yet
   * @throws UserError as {@link #run}; and for a corpus that another process is changing, that was
   *     not made to grow, or that was made with another tokenizer
   */
  public static PipelineResult grow(
      JavaSparkContext spark, PipelinePlan plan, Path data, PrepareListener listener) {
    RunEvents events = new RunEvents(spark, listener);
    return guarded(data, events, () -> new Pipeline(spark, plan, events).grow(data));
  }

  /**
   * Says before Spark starts what {@link #grow} would say of a corpus.
   *
   * @throws UserError for a corpus that was not made to grow, or that was made with another
   *     tokenizer, or with other settings of the deduplication
   */
  public static void requireGrowable(PipelinePlan plan, Path data, Configuration configuration)
      throws IOException {
    CorpusVersions versions = CorpusVersions.open(data, configuration);
    Optional<CorpusVersion> current = versions.current();
    if (current.isEmpty()) {
      return;
    }
    versions.requireTokenizer(plan.tokenizerJson());
    Optional<PipelineConfig.Deduplication> wanted = plan.config().deduplicate();
    if (wanted.isPresent()) {
      Known known =
          GrowingCorpus.known(
              versions, current.get().state().indexBatches(), versions.nextVersion());
      Deduplicate.requireIndex(
          DeduplicateStage.options(
              wanted.get(), versions.work().toString(), known, Fingerprint.of(Map.of())),
          configuration);
    }
  }

  /** Says how a run ends, also where it fails; see {@link TaskFailure}. */
  private static PipelineResult guarded(
      Path output, RunEvents events, Callable<PipelineResult> work) {
    try {
      PipelineResult result = work.call();
      events.ended("");
      return result;
    } catch (Exception e) {
      // Not RuntimeException: Scala throws Spark's exceptions, which are checked, undeclared.
      RuntimeException failure = TaskFailure.of(e, "prepare " + output);
      events.failed(failure);
      throw failure;
    } catch (Error e) {
      events.failed(e);
      throw e;
    }
  }

  private PipelineResult run(Path output) throws IOException {
    FileSystem fs = PlainFiles.open(output, spark.hadoopConfiguration());
    Path target = fs.makeQualified(output);
    Path work = new Path(target.getParent(), "_" + target.getName() + ".work");
    try (Lease lease = Lease.take(fs, work)) {
      OutputDirectory.removeLeft(fs, work);
      return run(fs, target, work, lease);
    } finally {
      removeWithoutTables(fs, work);
    }
  }

  private PipelineResult run(FileSystem fs, Path target, Path work, Lease lease)
      throws IOException {
    try (StageCosts costs = new StageCosts(spark.sc());
        OutputDirectory directory = new OutputDirectory(fs, target, work);
        Tokenizer tokenizer = Tokenizer.load(plan.tokenizerJson())) {
      RunReports reports = new RunReports(session, plan.config(), costs, events);
      events.started(plan, target, 0);
      StageTables tables = new StageTables(session, work);
      Stages stages = new Stages(spark, session, plan, tables, events);
      Stages.Tokenized tokenized = stages.tokenize(Known.NOTHING);
      Manifests.refuseEmpty(tokenized);
      Map<Side, List<Manifest.File>> files =
          stages.write(tokenized, tokenizer, fs, directory.path(), "");
      Manifest manifest = Manifests.of(plan.config(), tokenizer, tokenized, files);
      try (OutputStream out =
          fs.create(new Path(directory.path(), Manifest.TOKENIZER_FILE), false)) {
        out.write(plan.tokenizerJson());
      }
      reports.write(tokenized, manifest, fs, RunReports.Places.in(directory.path()));
      manifest.write(fs, directory.path());
      lease.check();
      directory.commit();
      tables.clear();
      return new PipelineResult(target, manifest);
    }
  }

  /** A run that ended before its first table leaves nothing to go on from. */
  private static void removeWithoutTables(FileSystem fs, Path work) throws IOException {
    if (fs.exists(work) && fs.getContentSummary(work).getFileCount() == 0) {
      fs.delete(work, true);
    }
  }

  private PipelineResult grow(Path output) throws IOException {
    FileSystem fs = PlainFiles.open(output, spark.hadoopConfiguration());
    // What cannot grow is refused before a lease is left in it.
    new CorpusVersions(fs, output).current();
    try (Lease lease = Lease.take(fs, output);
        StageCosts costs = new StageCosts(spark.sc());
        Tokenizer tokenizer = Tokenizer.load(plan.tokenizerJson())) {
      RunReports reports = new RunReports(session, plan.config(), costs, events);
      return new GrowingCorpus(spark, session, plan, events, fs, output)
          .grow(lease, tokenizer, reports);
    }
  }

  /** A session of our own, so that the settings of the user's stay as they are. */
  private static SparkSession session(JavaSparkContext spark) {
    SparkSession session =
        SparkSession.builder().sparkContext(spark.sc()).getOrCreate().newSession();
    session.conf().set("spark.sql.adaptive.enabled", true);
    return session;
  }
}
