package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.terminal.CountedJob;
import io.polyspark.testing.LocalCluster;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import scala.Tuple2;

/** On the events of a real cluster. */
class JobCountsTest {
  private final JavaSparkContext spark = LocalCluster.spark();
  private final Counting counting = new Counting();

  /** What was to be seen after each event. */
  private static final class Counting extends SparkListener {
    final JobCounts counts = new JobCounts();
    final TreeSet<Long> totals = new TreeSet<>();

    @Override
    public void onJobStart(SparkListenerJobStart event) {
      counts.begins(
          event.jobId(),
          event.stageInfos(),
          Optional.ofNullable(event.properties()).flatMap(CountedJob::of));
      totals.add(counts.total());
    }

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted event) {
      counts.begins(event.stageInfo());
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd event) {
      if (counts.has(event.stageId())) {
        counts.ends(event.stageId());
        counts.count(event.taskInfo().taskId(), event.taskInfo().accumulables());
        totals.add(counts.total());
      }
    }

    @Override
    public void onJobEnd(SparkListenerJobEnd event) {
      counts.jobEnds(event.jobId());
    }
  }

  @BeforeEach
  void listen() throws TimeoutException {
    settle();
    spark.sc().addSparkListener(counting);
  }

  @AfterEach
  void stopListening() {
    spark.sc().removeSparkListener(counting);
  }

  @Test
  void stagesThatAreSkippedDoNotCount() throws Exception {
    JavaPairRDD<Integer, Integer> sums =
        spark
            .parallelize(List.of(1, 2, 3, 4), 4)
            .mapToPair(number -> new Tuple2<>(number % 2, number))
            .reduceByKey(Integer::sum, 2);
    assertThat(sums.count()).isEqualTo(2);
    settle();
    assertThat(counting.counts.done()).isEqualTo(6);
    assertThat(counting.counts.total()).isEqualTo(6);
    // The map outputs are there.
    assertThat(sums.count()).isEqualTo(2);
    settle();
    assertThat(counting.counts.done()).isEqualTo(8);
    assertThat(counting.counts.total()).isEqualTo(8);
    assertThat(counting.totals).as("known before, but for what is skipped").contains(6L, 8L);
  }

  @Test
  void aCountedJobIsCountedByItsTasks() throws Exception {
    LongAccumulator done = new CountedJob(10, "windows").begin(spark, "Count");
    try {
      spark.parallelize(List.of(1, 2, 3, 4), 2).foreach(number -> done.add(number));
    } finally {
      CountedJob.end(spark);
    }
    settle();
    assertThat(counting.totals).containsExactly(10L);
    assertThat(counting.counts.done()).isEqualTo(10);
    assertThat(CountedJob.of(new Properties())).isEmpty();
    assertThat(spark.getLocalProperty("spark.job.description")).isNull();
  }

  private void settle() throws TimeoutException {
    spark.sc().listenerBus().waitUntilEmpty(60_000);
  }
}
