package io.polyspark.prep.ui;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polyspark.prep.events.CorpusEndedEvent;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.ShardsWrittenEvent;
import io.polyspark.prep.events.SourceCounts;
import io.polyspark.prep.events.StageEndedEvent;
import io.polyspark.prep.events.StageStartedEvent;
import io.polyspark.prep.events.StepCounter;
import io.polyspark.prep.events.StepCounts;
import io.polyspark.prep.filter.StageReport.Volume;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.SparkConf;
import org.apache.spark.Success$;
import org.apache.spark.TaskEndReason;
import org.apache.spark.TaskResultLost$;
import org.apache.spark.executor.ExecutorMetrics;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.scheduler.TaskInfo;
import org.apache.spark.scheduler.TaskLocality;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.status.KVUtils;
import org.apache.spark.util.kvstore.InMemoryStore;
import org.apache.spark.util.kvstore.KVStore;
import org.apache.spark.util.kvstore.LevelDB;
import org.apache.spark.util.kvstore.RocksDB;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.collection.immutable.Map$;

class CorpusListenerTest {
  private static final String HOSTILE = "<script>alert(1)</script> \"&' \u202e \0 {{x}}";
  private static final int SPARK_STAGE = 7;

  @TempDir Path directory;

  @Test
  void everyStoreOfSparksGivesBackWhatTheEventsSaid() throws Exception {
    Map<String, KVStore> stores = new LinkedHashMap<>();
    stores.put("memory", new InMemoryStore());
    stores.put(
        "LevelDB",
        new LevelDB(directory.resolve("l").toFile(), new KVUtils.KVStoreScalaSerializer()));
    stores.put(
        "RocksDB",
        new RocksDB(directory.resolve("r").toFile(), new KVUtils.KVStoreScalaSerializer()));
    List<JsonNode> answers = new ArrayList<>();
    for (KVStore store : stores.values()) {
      ElementTrackingStore tracked = new ElementTrackingStore(store, new SparkConf(false));
      CorpusListener listener = CorpusListener.replaying(tracked);
      listener.onOtherEvent(started(HOSTILE));
      listener.onOtherEvent(new StageStartedEvent(2, "clean", HOSTILE));
      listener.onOtherEvent(cleaned());
      listener.onOtherEvent(
          new ShardsWrittenEvent(
              9,
              List.of(
                  new ShardsWrittenEvent.Split(
                      HOSTILE, 1, 2, 3, 200, List.of(new ShardsWrittenEvent.File(HOSTILE, 2))))));
      listener.onOtherEvent(new CorpusEndedEvent(10, HOSTILE, ""));
      tracked.close(false);
      answers.add(answer(store));
      tracked.close(true);
    }

    JsonNode answer = answers.get(0);
    assertThat(answers).allMatch(answer::equals);
    assertThat(answer.at("/run/state").asText()).isEqualTo("failed");
    assertThat(answer.at("/run/failure").asText()).isEqualTo(HOSTILE);
    assertThat(answer.at("/run/version").asInt()).isEqualTo(3);
    assertThat(answer.at("/stages/0/description").asText()).isEqualTo(HOSTILE);
    assertThat(answer.at("/stages/0/progress").asText()).isEqualTo("done");
    assertThat(answer.at("/stages/0/began").asInt()).isEqualTo(2);
    assertThat(answer.at("/stages/0/ended").asInt()).isEqualTo(5);
    assertThat(answer.at("/stages/1/progress").asText()).isEqualTo("waiting");
    assertThat(answer.at("/steps/0/documents_in").asInt()).isEqualTo(10);
    assertThat(answer.at("/steps/0/bytes_out").isNull()).isTrue();
    assertThat(answer.at("/steps/0/removed").get(HOSTILE).asInt()).isEqualTo(2);
    assertThat(answer.at("/rejected").get(HOSTILE).asInt()).isEqualTo(1);
    assertThat(answer.at("/sources/0/name").asText()).isEqualTo(HOSTILE);
    assertThat(answer.at("/sources/0/files").asInt()).isEqualTo(4);
    assertThat(answer.at("/sources/0/tokens").asInt()).isEqualTo(55);
    assertThat(answer.at("/splits/0/first/0/name").asText()).isEqualTo(HOSTILE);
  }

  @Test
  void aStageThatRunsShowsWhatItsTasksHaveCountedEachPartOnce() {
    KVStore store = new InMemoryStore();
    CorpusListener listener =
        CorpusListener.live(new ElementTrackingStore(store, new SparkConf(false)));
    listener.onOtherEvent(started("out"));
    listener.onOtherEvent(new StageStartedEvent(2, "clean", "reading"));
    submit(listener, SPARK_STAGE, "clean", 4);
    submit(listener, 8, "somebody else's", 100);
    end(listener, SPARK_STAGE, 0, Success$.MODULE$, 5L);
    end(listener, SPARK_STAGE, 1, TaskResultLost$.MODULE$, 100L);
    end(listener, SPARK_STAGE, 1, Success$.MODULE$, "6");
    // Spark ran this one a second time, as it does where an executor is slow.
    end(listener, SPARK_STAGE, 1, Success$.MODULE$, 6L);
    end(listener, 8, 0, Success$.MODULE$, 1000L);
    // Executors say how they are every few seconds.
    listener.onExecutorMetricsUpdate(
        new SparkListenerExecutorMetricsUpdate("1", seq(), Map$.MODULE$.empty()));

    JsonNode answer = answer(store);
    assertThat(answer.at("/run/state").asText()).isEqualTo("running");
    assertThat(answer.at("/stages/0/progress").asText()).isEqualTo("running");
    assertThat(answer.at("/stages/0/tasks").asInt()).isEqualTo(4);
    assertThat(answer.at("/stages/0/tasks_done").asInt()).isEqualTo(2);
    assertThat(answer.at("/steps/0/documents_in").asInt()).isEqualTo(11);
    assertThat(answer.at("/steps/0/progress").asText()).isEqualTo("running");

    listener.onStageCompleted(new SparkListenerStageCompleted(stage(SPARK_STAGE, 4)));
    listener.onOtherEvent(cleaned());
    JsonNode done = answer(store);
    assertThat(done.at("/stages/0/tasks").asInt()).isZero();
    assertThat(done.at("/steps/0/documents_in").asInt()).isEqualTo(10);
    assertThat(done.at("/steps/0/progress").asText()).isEqualTo("done");
  }

  @Test
  void whatAPageKnowsIsNotToldAgain() {
    KVStore store = new InMemoryStore();
    CorpusListener listener =
        CorpusListener.live(new ElementTrackingStore(store, new SparkConf(false)));
    assertThat(answer(store)).isEmpty();
    listener.onOtherEvent(started("out"));
    int revision = answer(store).get("revision").asInt();
    CorpusRows rows = new CorpusRows(store);
    assertThat(Answer.of(rows.run(0), revision).fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("revision", "time");
    listener.onOtherEvent(cleaned());
    assertThat(Answer.of(rows.run(0), revision).at("/steps/0/documents_in").asInt()).isEqualTo(10);
  }

  @Test
  void eachRunOfAnApplicationIsThereAndTheNewestAreKept() {
    KVStore store = new InMemoryStore();
    CorpusListener listener =
        CorpusListener.live(new ElementTrackingStore(store, new SparkConf(false)));
    for (int run = 1; run <= 10; run++) {
      listener.onOtherEvent(started("night " + run));
      listener.onOtherEvent(new StageStartedEvent(2, "clean", "reading"));
    }
    CorpusRows rows = new CorpusRows(store);
    assertThat(rows.runs()).extracting(row -> row.run).containsExactly(3, 4, 5, 6, 7, 8, 9, 10);
    listener.onApplicationEnd(new SparkListenerApplicationEnd(5));
    JsonNode newest = answer(store);
    assertThat(newest.at("/run/state").asText()).isEqualTo("interrupted");
    assertThat(newest.at("/run/ended").asInt()).isEqualTo(5);
    assertThat(newest.at("/stages/0/progress").asText()).isEqualTo("broken_off");
    assertThat(Answer.of(rows.run(3), -1).at("/run/name").asText()).isEqualTo("night 3");
  }

  private static ObjectNode answer(KVStore store) {
    ObjectNode answer = Answer.of(new CorpusRows(store).run(0), -1);
    answer.remove("time");
    return answer;
  }

  private static CorpusStartedEvent started(String name) {
    return new CorpusStartedEvent(
        1,
        name,
        name,
        3,
        List.of(new CorpusStartedEvent.SourceFiles(name, 4, 400, 0.5)),
        List.of(
            new CorpusStartedEvent.Stage("clean", List.of("read")),
            new CorpusStartedEvent.Stage("tokenize", List.of("mix"))),
        "tokenizer: " + name);
  }

  private static StageEndedEvent cleaned() {
    return new StageEndedEvent(
        5,
        "clean",
        false,
        List.of(
            new StepCounts(
                "read",
                new Volume(10, 1000),
                new Volume(8, StepCounts.UNKNOWN),
                Map.of(HOSTILE, 2L),
                Map.of(HOSTILE, 1L))),
        Map.of(HOSTILE, 1L),
        List.of(new SourceCounts(HOSTILE, new Volume(9, 900), new Volume(8, 800), 55)));
  }

  private static void submit(SparkListener listener, int stage, String group, int tasks) {
    Properties properties = new Properties();
    properties.setProperty("spark.jobGroup.id", group);
    listener.onStageSubmitted(new SparkListenerStageSubmitted(stage(stage, tasks), properties));
  }

  private static StageInfo stage(int number, int tasks) {
    return new StageInfo(
        number, 0, "stage", tasks, seq(), seq(), "", null, seq(), Option.empty(), 0, false, 0);
  }

  private static void end(
      SparkListener listener, int stage, int partition, TaskEndReason reason, Object update) {
    TaskInfo task =
        new TaskInfo(1, partition, 0, partition, 1, "1", "127.0.0.1", TaskLocality.ANY(), false);
    task.setAccumulables(
        JavaConverters.asScalaBuffer(
                List.of(
                    new AccumulableInfo(
                        1,
                        Option.apply(StepCounter.DOCUMENTS_IN.of("read")),
                        Option.apply(update),
                        Option.empty(),
                        false,
                        false,
                        Option.empty())))
            .toSeq());
    listener.onTaskEnd(
        new SparkListenerTaskEnd(
            stage, 0, "ResultTask", reason, task, new ExecutorMetrics(), null));
  }

  private static <T> Seq<T> seq() {
    return JavaConverters.asScalaBuffer(List.<T>of()).toSeq();
  }
}
