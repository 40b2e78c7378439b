package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.events.CorpusEndedEvent;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.ShardsWrittenEvent;
import io.polyspark.prep.events.StageEndedEvent;
import io.polyspark.prep.events.StageStartedEvent;
import io.polyspark.prep.events.StepCounter;
import io.polyspark.prep.events.StepCounts;
import io.polyspark.prep.report.ReportFiles;
import io.polyspark.prep.report.RunReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.JsonProtocol;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.JavaConverters;

class EventsSayWhatTheReportSaysTest {
  @TempDir static Path directory;
  private static LocalSpark spark;
  private static final Ear EAR = new Ear();

  @BeforeAll
  static void write() throws Exception {
    spark = LocalSpark.forSmallTables();
    spark.context().sc().addSparkListener(EAR);
    Path web = Files.createDirectories(directory.resolve("web"));
    Corpus.write(web.resolve("0.jsonl"), Corpus.withDuplicates(30_000, 0));
    Path damaged = Corpus.write(web.resolve("1.jsonl"), List.of(" ", "too short"));
    Files.writeString(damaged, Files.readString(damaged) + "{\"text\": \n");
    Corpus.write(directory.resolve("books.jsonl"), Corpus.prose(10_000, 9));
    Files.writeString(
        directory.resolve("web.yaml"),
        """
        sources:
          web: {input: %1$s/web}
          books: {input: %1$s/books.jsonl, weight: 0.5, validation_fraction: 0.2}
        normalize: on
        gopher_quality: {min_words: 30, min_stop_words: 1}
        deduplicate: on
        mask_addresses: on
        validation_fraction: 0.1
        max_rejected: 1
        """
            .formatted(directory));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void hearNothingOld() throws Exception {
    events();
    EAR.events.clear();
    EAR.counted.clear();
  }

  @Test
  void theCountsOfTheEventsAndOfTheAccumulatorsAreThoseOfTheReport() throws Exception {
    PipelineResult result =
        Pipeline.run(spark.context(), plan(), output("out"), PrepareListener.NONE);
    List<SparkListenerEvent> events = events();
    Map<String, StepCounts> steps = new LinkedHashMap<>();
    for (StageEndedEvent stage : of(StageEndedEvent.class, events)) {
      stage.steps().forEach(step -> steps.put(step.step(), step));
    }
    FileSystem fs = FileSystem.getLocal(spark.context().hadoopConfiguration());
    RunReport report =
        ReportFiles.read(fs, new org.apache.hadoop.fs.Path(result.output(), "report"));
    assertThat(steps.values())
        .containsExactlyElementsOf(report.funnel().stream().map(StepCounts::of).toList());
    for (StepCounts step : steps.values()) {
      // Deduplication joins tables; it has no accumulators.
      if (!step.step().equals(DeduplicateStage.NAME)) {
        assertThat(EAR.counted)
            .containsEntry(StepCounter.DOCUMENTS_IN.of(step.step()), step.in().documents())
            .containsEntry(StepCounter.DOCUMENTS_OUT.of(step.step()), step.out().documents())
            .containsEntry(StepCounter.BYTES_IN.of(step.step()), step.in().bytes())
            .containsEntry(StepCounter.BYTES_OUT.of(step.step()), step.out().bytes());
      }
    }

    CorpusStartedEvent started = of(CorpusStartedEvent.class, events).get(0);
    assertThat(started.name()).isEqualTo(report.run().title());
    assertThat(started.sources())
        .extracting(CorpusStartedEvent.SourceFiles::name, CorpusStartedEvent.SourceFiles::files)
        .containsExactlyInAnyOrder(tuple("web", 2L), tuple("books", 1L));
    assertThat(started.stages().stream().flatMap(stage -> stage.steps().stream()))
        .containsExactlyElementsOf(steps.keySet());
    assertThat(ConfigFile.parse(started.settings())).containsEntry("validation_fraction", 0.1);
    assertThat(of(StageStartedEvent.class, events))
        .extracting(StageStartedEvent::stage)
        .containsExactlyElementsOf(
            started.stages().stream().map(CorpusStartedEvent.Stage::name).toList());
    StageEndedEvent clean = of(StageEndedEvent.class, events).get(0);
    assertThat(clean.rejected().values()).containsExactly(1L);
    StageEndedEvent tokenized = of(StageEndedEvent.class, events).get(2);
    assertThat(tokenized.sources()).hasSize(2);
    for (RunReport.Source source : report.sources()) {
      assertThat(tokenized.sources())
          .anySatisfy(
              counts -> {
                assertThat(counts.name()).isEqualTo(source.name());
                assertThat(counts.read().documents()).isEqualTo(source.documents());
                assertThat(counts.tokens()).isEqualTo(source.tokens());
              });
    }
    for (ShardsWrittenEvent.Split split : of(ShardsWrittenEvent.class, events).get(0).splits()) {
      Manifest.Split written = result.manifest().splits().get(split.name());
      assertThat(split.tokens()).isEqualTo(written.tokens());
      assertThat(split.files()).isEqualTo(written.files().size());
      assertThat(split.first().get(0).name()).isEqualTo(written.files().get(0).name());
    }
    assertThat(of(CorpusEndedEvent.class, events))
        .extracting(CorpusEndedEvent::failure)
        .containsExactly("");
    for (SparkListenerEvent event : events) {
      String json = JsonProtocol.sparkEventToJsonString(event);
      assertThat(JsonProtocol.sparkEventFromJson(json)).isEqualTo(event);
    }
  }

  @Test
  void aRunThatFailsSaysWhy() throws Exception {
    PipelinePlan plan = plan("max_rejected=0");
    Throwable failure =
        catchThrowable(
            () -> Pipeline.run(spark.context(), plan, output("failed"), PrepareListener.NONE));
    assertThat(of(CorpusEndedEvent.class, events()))
        .extracting(CorpusEndedEvent::failure)
        .containsExactly(failure.getMessage());
  }

  @Test
  void aNightWithoutNewsSaysSo() throws Exception {
    PipelinePlan plan = plan("deduplicate=off");
    Pipeline.grow(spark.context(), plan, output("grown"), PrepareListener.NONE);
    Pipeline.grow(spark.context(), plan, output("grown"), PrepareListener.NONE);
    List<SparkListenerEvent> events = events();
    assertThat(of(CorpusStartedEvent.class, events))
        .extracting(CorpusStartedEvent::version)
        .containsExactly(1L, 1L);
    assertThat(of(CorpusStartedEvent.class, events).get(1).sources()).isEmpty();
    assertThat(of(CorpusEndedEvent.class, events).get(1).note())
        .isEqualTo("version 1 has all of the input (files: 3); there is nothing to add");
  }

  private static PipelinePlan plan(String... overrides) {
    PipelineConfig config =
        PipelineFile.load(directory.resolve("web.yaml"), List.of(overrides), List.of());
    return PipelinePlan.of(config, spark.context().hadoopConfiguration());
  }

  private static org.apache.hadoop.fs.Path output(String name) {
    return new org.apache.hadoop.fs.Path(directory.resolve(name).toUri());
  }

  private static List<SparkListenerEvent> events() throws Exception {
    spark.context().sc().listenerBus().waitUntilEmpty();
    return List.copyOf(EAR.events);
  }

  private static <E> List<E> of(Class<E> type, List<SparkListenerEvent> events) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Hears the events of runs, and sums up what tasks have added to accumulators. */
  private static final class Ear extends SparkListener {
    private final List<SparkListenerEvent> events = new ArrayList<>();
    private final Map<String, Long> counted = new LinkedHashMap<>();

    @Override
    public void onOtherEvent(SparkListenerEvent event) {
      if (event.getClass().getPackage().equals(StageEndedEvent.class.getPackage())) {
        events.add(event);
      }
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      for (AccumulableInfo info : JavaConverters.asJavaCollection(end.taskInfo().accumulables())) {
        if (info.update().isDefined() && info.update().get() instanceof Long update) {
          counted.merge(info.name().get(), update, Long::sum);
        }
      }
    }
  }
}
