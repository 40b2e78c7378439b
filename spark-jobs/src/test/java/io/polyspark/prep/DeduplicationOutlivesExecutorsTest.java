package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.deduplicate.Deduplicate;
import io.polyspark.prep.deduplicate.DeduplicateOptions;
import io.polyspark.prep.deduplicate.DeduplicateStatistics;
import io.polyspark.prep.deduplicate.Deduplicated;
import io.polyspark.prep.deduplicate.LocatedDocument;
import io.polyspark.testing.LocalCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("faults")
class DeduplicationOutlivesExecutorsTest {
  @TempDir Path directory;

  @Test
  void anExecutorThatIsKilledInAStageChangesNothing() throws IOException {
    List<LocatedDocument> documents = documents();
    Outcome expected = deduplicate(documents);
    assertThat(expected.statistics().nearDuplicates()).isGreaterThan(100);

    ExecutorKiller killer = new ExecutorKiller(3, 12);
    SparkContext context = LocalCluster.spark().sc();
    context.addSparkListener(killer);
    try {
      assertThat(deduplicate(documents)).isEqualTo(expected);
    } finally {
      context.removeSparkListener(killer);
    }
    assertThat(killer.killed).hasValue(2);
  }

  private record Outcome(DeduplicateStatistics statistics, String sha256) {}

  private Outcome deduplicate(List<LocatedDocument> documents) throws IOException {
    DeduplicateOptions options = DeduplicateOptions.in(directory.toString());
    try (Deduplicated result =
        Deduplicate.run(LocalCluster.spark().parallelize(documents, 4), options)) {
      String kept =
          result.kept().collect().stream()
              .map(document -> document.source() + " " + document.text() + "\n")
              .collect(Collectors.joining());
      return new Outcome(result.statistics(), Sha256.hex(kept.getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** Pairs of texts of 60 words, of which the second has one word changed, and some repeated. */
  private static List<LocatedDocument> documents() {
    SplittableRandom random = new SplittableRandom(11);
    List<LocatedDocument> documents = new ArrayList<>();
    for (int pair = 0; pair < 200; pair++) {
      String[] words =
          random.ints(60, 0, 5000).mapToObj(word -> "word" + word).toArray(String[]::new);
      documents.add(new LocatedDocument("originals", pair, String.join(" ", words)));
      documents.add(new LocatedDocument("repeated", pair, String.join("  ", words)));
      words[random.nextInt(words.length)] = "another";
      documents.add(new LocatedDocument("changed", pair, String.join(" ", words)));
    }
    return documents;
  }

  /** Kills an executor's process when a task of certain stages has started. */
  private static final class ExecutorKiller extends SparkListener {
    private final List<Integer> stages;
    private final AtomicInteger killed = new AtomicInteger();
    private int firstStage = -1;
    private int lastStage = -1;

    ExecutorKiller(Integer... stages) {
      this.stages = List.of(stages);
    }

    @Override
    public void onTaskStart(SparkListenerTaskStart start) {
      firstStage = firstStage < 0 ? start.stageId() : firstStage;
      if (start.stageId() > lastStage) {
        lastStage = start.stageId();
        if (killed.get() < stages.size() && lastStage - firstStage >= stages.get(killed.get())) {
          killed.addAndGet(kill() ? 1 : 0);
        }
      }
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
