package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.pipeline.PipelinePlan.SourceFiles;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.version.CorpusState;
import io.polyspark.prep.version.CorpusVersion;
import io.polyspark.prep.version.CorpusVersions;
import io.polyspark.prep.version.FoundInput;
import io.polyspark.prep.version.GrownManifest;
import io.polyspark.prep.version.InputChanges;
import io.polyspark.prep.version.Lease;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** One run on a corpus that grows, by whoever has its lease. */
final class GrowingCorpus {
  private final JavaSparkContext spark;
  private final SparkSession session;
  private final PipelinePlan plan;
  private final RunEvents events;
  private final FileSystem fs;
  private final CorpusVersions versions;

  GrowingCorpus(
      JavaSparkContext spark,
      SparkSession session,
      PipelinePlan plan,
      RunEvents events,
      FileSystem fs,
      Path data) {
    this.spark = spark;
    this.session = session;
    this.plan = plan;
    this.events = events;
    this.fs = fs;
    this.versions = new CorpusVersions(fs, data);
  }

  /** Adds a version, where there is something to add. */
  PipelineResult grow(Lease lease, Tokenizer tokenizer, RunReports reports) throws IOException {
    Optional<CorpusVersion> before = versions.current();
    InputChanges changes = changes(before);
    before.ifPresent(known -> sayWhatIsEmpty(known.state()));
    if (changes.isEmpty() && before.isPresent()) {
      versions.removeLeftovers(lease);
      long current = before.get().state().version();
      String note =
          "version %d has all of the input (files: %,d); there is nothing to add"
              .formatted(current, changes.unchanged().size());
      events.phase(note);
      events.started(plan.withInputs(List.of()), versions.directory(), current);
      events.ended(note);
      return new PipelineResult(versions.directory(), before.get().manifest());
    }
    if (changes.isEmpty()) {
      throw new UserError(
          "There is no file in the input of any source, so that no corpus can begin; name files with"
              + " text in them.");
    }
    long version = versions.nextVersion();
    CorpusState.requireReadable(changes.accepted(), versions.directory());
    versions.writeTokenizer(plan.tokenizerJson(), lease);
    PipelinePlan fresh = newInputs(changes);
    events.started(fresh, versions.directory(), version);
    StageTables tables = new StageTables(session, versions.work());
    Stages stages = new Stages(spark, session, fresh, tables, events);
    List<String> batches = before.map(known -> known.state().indexBatches()).orElse(List.of());
    Stages.Tokenized tokenized = stages.tokenize(known(versions, batches, version));
    if (before.isEmpty()) {
      Manifests.refuseEmpty(tokenized);
    }
    versions.removeShards(version, lease);
    Map<Side, List<Manifest.File>> files =
        stages.write(
            tokenized,
            tokenizer,
            fs,
            versions.directory(),
            String.format(Locale.ROOT, "%06d-", version));
    Manifest added = Manifests.of(plan.config(), tokenizer, tokenized, files);
    Manifest manifest =
        before
            .map(last -> GrownManifest.of(last.manifest(), added, version))
            .orElse(added.withVersion(version));
    reports.write(tokenized, added, fs, RunReports.Places.ofVersion(versions.directory(), version));
    versions.publish(manifest, state(version, before, changes, batches, tokenized), lease);
    versions.removeLeftovers(lease);
    return new PipelineResult(versions.directory(), manifest);
  }

  /** What the documents of a version are held against. */
  static Known known(CorpusVersions versions, List<String> batches, long version) {
    return new Known(
        Optional.of(versions.index().toString()), batches, CorpusVersions.batchName(version));
  }

  private InputChanges changes(Optional<CorpusVersion> before) throws IOException {
    List<FoundInput> found = new ArrayList<>();
    for (SourceFiles input : plan.inputs()) {
      found.addAll(
          FoundInput.list(input.source().name(), input.files(), spark.hadoopConfiguration()));
    }
    return InputChanges.between(
        spark, before.map(version -> version.state().inputs()).orElse(List.of()), found);
  }

  /** Such as a share that is not mounted: nothing is lost, and somebody should know. */
  private void sayWhatIsEmpty(CorpusState known) {
    for (SourceFiles input : plan.inputs()) {
      String name = input.source().name();
      long before = known.inputs().stream().filter(of -> of.source().equals(name)).count();
      if (input.files().isEmpty() && before > 0) {
        events.phase(
            "the source %s has no files now, of %,d that were accepted; their documents stay"
                .formatted(name, before));
      }
    }
  }

  private PipelinePlan newInputs(InputChanges changes) {
    return plan.withInputs(
        plan.inputs().stream()
            .map(input -> new SourceFiles(input.source(), changes.toRead(input.source().name())))
            .filter(input -> !input.files().isEmpty())
            .toList());
  }

  private static CorpusState state(
      long version,
      Optional<CorpusVersion> before,
      InputChanges changes,
      List<String> batches,
      Stages.Tokenized tokenized) {
    List<String> all = new ArrayList<>(batches);
    tokenized.deduplicated().map(DeduplicateReport::batch).ifPresent(all::add);
    OptionalLong parent =
        before.map(last -> OptionalLong.of(last.state().version())).orElse(OptionalLong.empty());
    return CorpusState.of(version, parent, changes.accepted(), all);
  }
}
