package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.pipeline.Pipeline;
import io.polyspark.prep.pipeline.PipelineFile;
import io.polyspark.prep.pipeline.PipelinePlan;
import io.polyspark.testing.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An executor is killed while it is at work on a stage of the pipeline. */
@Tag("faults")
class KilledExecutorsChangeNoBitTest {
  private static final int DOCUMENTS = 600;
  private static final int WORDS = 120;

  @TempDir private static Path directory;
  private static Map<String, String> undisturbed;

  @BeforeAll
  static void runWithoutAFault() throws IOException {
    Files.createDirectory(directory.resolve("in"));
    SplittableRandom random = new SplittableRandom(5);
    for (int file = 0; file < 4; file++) {
      StringBuilder lines = new StringBuilder();
      String last = "";
      for (int document = 0; document < DOCUMENTS; document++) {
        // Every third one comes again.
        last = document % 3 == 2 ? last : words(random);
        lines.append("{\"text\": \"").append(last).append("\"}\n");
      }
      Files.writeString(directory.resolve("in/" + file + ".jsonl"), lines);
    }
    Files.writeString(
        directory.resolve("x.yaml"),
        """
        sources: {web: {input: %s/in, weight: 1.5}}
        deduplicate: on
        validation_fraction: 0.1
        shard_tokens: 300000
        partition_bytes: 150000
        """
            .formatted(directory));
    undisturbed = run("undisturbed");
    assertThat(undisturbed.keySet())
        .contains("manifest.json", "train/00000.npy", "train/00004.npy", "validation/00000.npy");
  }

  private static String words(SplittableRandom random) {
    return String.join(
        " ", random.ints(WORDS, 0, 5000).mapToObj(word -> "word" + word).toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"clean", "deduplicate", "tokenize", "shard"})
  void inAStage(String stage) throws IOException {
    assertThat(killedRun(stage, new ExecutorKiller(stage, 1))).isEqualTo(undisturbed);
  }

  /** Where shuffles of stages before are lost with it. */
  @Test
  void lateInDeduplicationAndInSharding() throws IOException {
    assertThat(killedRun("late", new ExecutorKiller("deduplicate", 20))).isEqualTo(undisturbed);
    assertThat(killedRun("last", new ExecutorKiller("shard", 3))).isEqualTo(undisturbed);
  }

  private static Map<String, String> killedRun(String name, ExecutorKiller killer)
      throws IOException {
    SparkContext context = LocalCluster.spark().sc();
    context.addSparkListener(killer);
    try {
      return run(name);
    } finally {
      context.removeSparkListener(killer);
      assertThat(killer.hasKilled()).isTrue();
    }
  }

  /** The sums of the files, but for the reports, which have times in them. */
  private static Map<String, String> run(String name) throws IOException {
    JavaSparkContext spark = LocalCluster.spark();
    Path output = directory.resolve(name);
    PipelinePlan plan =
        PipelinePlan.of(
            PipelineFile.load(directory.resolve("x.yaml"), List.of(), List.of()),
            spark.hadoopConfiguration());
    Pipeline.run(spark, plan, new org.apache.hadoop.fs.Path(output.toUri()), PrepareListener.NONE);
    assertThat(directory).isDirectoryNotContaining("glob:**/_*");
    Map<String, String> sums = new TreeMap<>();
    try (Stream<Path> files = Files.walk(output)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sums.put(output.relativize(file).toString(), Sha256.hex(Files.readAllBytes(file)));
      }
    }
    sums.keySet().removeIf(file -> file.startsWith("report/"));
    return sums;
  }

  /** Kills an executor's process when a task of a certain stage of Spark's has started. */
  private static final class ExecutorKiller extends SparkListener {
    private final String group;
    private final int which;
    private int submitted;
    private int target = -1;
    private boolean killed;

    /**
     * Waits for the moment.
     *
     * @param group the pipeline's stage
     * @param which of the stages that Spark makes of it, from 1 on
     */
    ExecutorKiller(String group, int which) {
      this.group = group;
      this.which = which;
    }

    @Override
    public synchronized void onStageSubmitted(SparkListenerStageSubmitted stage) {
      if (group.equals(stage.properties().getProperty("spark.jobGroup.id"))
          && ++submitted == which) {
        target = stage.stageInfo().stageId();
      }
    }

    @Override
    public synchronized void onTaskStart(SparkListenerTaskStart start) {
      if (start.stageId() == target && !killed) {
        killed = kill();
      }
    }

    synchronized boolean hasKilled() {
      return killed;
    }

    /** The executors are the Java processes that this one has started. */
    private static boolean kill() {
      return ProcessHandle.current()
          .children()
          .filter(child -> child.info().command().orElse("").endsWith("/java"))
          .findFirst()
          .map(ProcessHandle::destroyForcibly)
          .orElse(false);
    }
  }
}
