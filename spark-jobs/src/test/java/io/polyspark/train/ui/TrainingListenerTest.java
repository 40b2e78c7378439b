package io.polyspark.train.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.polyspark.train.metrics.ExpertMetrics;
import io.polyspark.train.metrics.HealthMetrics;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.NoticeEvent;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.ReplicaRoundEvent;
import io.polyspark.train.metrics.RoundEvent;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.RunEndedEvent;
import io.polyspark.train.metrics.RunStartedEvent;
import io.polyspark.train.metrics.StepMetrics;
import io.polyspark.ui.WebInterface;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.status.KVUtils;
import org.apache.spark.util.kvstore.InMemoryStore;
import org.apache.spark.util.kvstore.KVStore;
import org.apache.spark.util.kvstore.LevelDB;
import org.apache.spark.util.kvstore.RocksDB;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingListenerTest {
  private static final String HOSTILE = "<script>alert(1)</script> \"&' \u202e \0 {{x}}";
  private static final int TOKENS = 100;

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
      TrainingListener listener = TrainingListener.replaying(tracked);
      listener.onOtherEvent(started(HOSTILE));
      for (int round = 1; round <= 40; round++) {
        post(listener, round, 20);
      }
      listener.onOtherEvent(new NoticeEvent("", notice(HOSTILE)));
      listener.onOtherEvent(new RunEndedEvent("", 3, HOSTILE));
      tracked.close(false);
      answers.add(answer(store, 2000, "loss", "validation_loss", "replica/1/loss"));
      tracked.close(true);
    }

    JsonNode answer = answers.get(0);
    assertThat(answers).allMatch(answer::equals);
    assertThat(answer.at("/run/state").asText()).isEqualTo("failed");
    assertThat(answer.at("/run/failure").asText()).isEqualTo(HOSTILE);
    assertThat(answer.at("/notices/0/text").asText()).isEqualTo(HOSTILE);
    assertThat(answer.at("/notices/0/topic").asText()).isEqualTo("fault");
    assertThat(answer.at("/replicas/1/host").asText()).isEqualTo(HOSTILE);
    assertThat(answer.at("/experts/rounds")).hasSize(40);
    assertThat(answer.at("/experts/layers/0/load/1").asDouble()).isEqualTo(0.75);
    assertThat(answer.at("/curves/loss/mean")).hasSize(800);
    assertThat(answer.at("/curves/loss/mean/799").asDouble()).isEqualTo(loss(0, 800) + 0.5);
    assertThat(answer.at("/curves/loss/step/799").asInt()).isEqualTo(800);
    assertThat(answer.at("/curves/loss/tokens/798").asInt()).isEqualTo(799 * 2 * TOKENS);
    assertThat(answer.at("/curves/validation_loss/step")).hasSize(20);
    // Curves of single replicas are coarser.
    assertThat(answer.at("/curves/replica~11~1loss/mean")).hasSize(400);
  }

  @Test
  void aLongRunStaysWithinBoundsAndKeepsItsExtremes() throws Exception {
    KVStore store = new InMemoryStore();
    TrainingListener listener =
        TrainingListener.live(new ElementTrackingStore(store, new SparkConf(false)));
    listener.onOtherEvent(started("out"));
    for (int round = 1; round <= 1000; round++) {
      post(listener, round, 100);
    }
    for (int number = 0; number < 1200; number++) {
      listener.onOtherEvent(new NoticeEvent("", notice("notice " + number)));
    }

    RunRow run = TrainingRows.in(store).run(1).orElseThrow();
    Buckets kept = TrainingRows.in(store).curve(run, "loss");
    assertThat(kept.size()).isBetween(RunRows.STEP_BUCKETS / 2, RunRows.STEP_BUCKETS);
    assertThat(store.count(CurveRow.class)).isLessThan(200);
    assertThat(store.count(ExpertsRow.class)).isBetween(128L, 256L);
    assertThat(store.count(NoticeRow.class)).isEqualTo(RunRows.MOST_NOTICES);

    JsonNode answer = answer(store, 2000, "loss", "tokens_per_second");
    JsonNode curve = answer.at("/curves/loss");
    assertThat(curve.get("mean")).hasSizeBetween(1000, 2000);
    assertThat(curve.get("step").get(curve.get("step").size() - 1).asInt()).isEqualTo(100_000);
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < curve.get("mean").size(); i++) {
      least = Math.min(least, curve.get("min").get(i).asDouble());
      greatest = Math.max(greatest, curve.get("max").get(i).asDouble());
    }
    assertThat(greatest).isEqualTo(loss(0, 54_321) + 0.5);
    assertThat(least).isEqualTo(loss(0, 100_000) + 0.5);
    double mean = 0;
    for (int i = 0; i < kept.size(); i++) {
      mean += kept.mean(i) / kept.size();
    }
    assertThat(mean).isCloseTo(expectedMean(100_000), within(0.01));
    assertThat(answer.at("/experts/rounds")).last().extracting(JsonNode::asInt).isEqualTo(1000);
    assertThat(answer.at("/notice_count").asInt()).isEqualTo(1200);
    assertThat(answer.at("/notices/0/text").asText()).isEqualTo("notice 1199");
    assertThat(answer(store, 10, "loss").at("/curves/loss/mean")).hasSizeLessThanOrEqualTo(10);
  }

  @Test
  void whatAPageKnowsIsNotToldAgain() {
    KVStore store = new InMemoryStore();
    TrainingListener listener =
        TrainingListener.live(new ElementTrackingStore(store, new SparkConf(false)));
    assertThat(answer(store, 10, "loss")).isEmpty();
    listener.onOtherEvent(started("out"));
    post(listener, 1, 5);
    int revision = answer(store, 10).get("revision").asInt();
    Parameters known = new Parameters(1, revision, 10, List.of("loss"), 0);
    JsonNode nothingNew = new Answer(TrainingRows.in(store)).to(known);
    assertThat(nothingNew).hasSize(1);
    post(listener, 2, 5);
    assertThat(new Answer(TrainingRows.in(store)).to(known).at("/curves/loss/mean")).hasSize(10);
  }

  @Test
  void anApplicationShowsItsOwnPartOfARunAndEachOfItsRuns() throws Exception {
    KVStore store = new InMemoryStore();
    TrainingListener listener =
        TrainingListener.live(new ElementTrackingStore(store, new SparkConf(false)));
    listener.onOtherEvent(new RunStartedEvent(1, "first", "data", 3, 60, 200, 9, "", ""));
    post(listener, 4, 20);
    JsonNode resumed = answer(store, 2000, "loss");
    assertThat(resumed.at("/curves/loss/step/0").asInt()).isEqualTo(61);
    assertThat(resumed.at("/curves/loss/tokens/0").asInt()).isEqualTo(61 * 2 * TOKENS);
    // Two seconds for twenty steps, and 120 are left.
    assertThat(resumed.at("/run/seconds_left").asDouble()).isEqualTo(12);

    for (int run = 2; run <= 10; run++) {
      listener.onOtherEvent(started("run " + run));
      post(listener, 1, 3);
    }
    assertThat(TrainingRows.in(store).runs())
        .extracting(run -> run.run)
        .containsExactly(3, 4, 5, 6, 7, 8, 9, 10);
    assertThat(store.count(ReplicaRow.class)).isEqualTo(2 * 8);
    listener.onApplicationEnd(new SparkListenerApplicationEnd(5));
    assertThat(answer(store, 10).at("/run/state").asText()).isEqualTo("interrupted");
    JsonNode third = new Answer(TrainingRows.in(store)).to(new Parameters(3, -1, 10, List.of(), 0));
    assertThat(third.at("/run/run").asInt()).isEqualTo(3);
  }

  @Test
  void aHistoryThatDoesNotWantTheTabListensToNothing() {
    ElementTrackingStore store =
        new ElementTrackingStore(new InMemoryStore(), new SparkConf(false));
    TrainingHistory plugin = new TrainingHistory();
    assertThat(plugin.createListeners(new SparkConf(false), store).size()).isEqualTo(1);
    SparkConf unwanted = new SparkConf(false).set(WebInterface.ENABLED, "false");
    assertThat(plugin.createListeners(unwanted, store).size()).isZero();
  }

  @Test
  void aLossThatIsNoNumberHasNoPoint() {
    KVStore store = new InMemoryStore();
    TrainingListener listener =
        TrainingListener.live(new ElementTrackingStore(store, new SparkConf(false)));
    listener.onOtherEvent(started("out"));
    listener.onOtherEvent(
        new ReplicaRoundEvent(
            1,
            0,
            List.of(
                new StepMetrics(1, 0, 1, 2, 1, 1e-3, TOKENS, 1),
                new StepMetrics(1, 0, 2, Double.NaN, 1, 1e-3, TOKENS, 1))));
    listener.onOtherEvent(new RoundEvent("", round(1, 2, Double.NaN)));
    JsonNode answer = answer(store, 10, "loss", "gradient_norm");
    assertThat(answer.at("/curves/loss/step")).hasSize(1);
    assertThat(answer.at("/curves/gradient_norm/step")).hasSize(2);
    assertThat(answer.at("/run/loss").isNull()).isTrue();
  }

  @Test
  void runsThatTrainSideBySideAreToldApart() {
    KVStore store = new InMemoryStore();
    TrainingListener listener =
        TrainingListener.live(new ElementTrackingStore(store, new SparkConf(false)));
    listener.onOtherEvent(started("runs/a"));
    listener.onOtherEvent(started("runs/b"));
    listener.onOtherEvent(new RoundEvent("runs/a", round(1, 2, 5)));
    listener.onOtherEvent(new RoundEvent("runs/b", round(1, 2, 4)));
    listener.onOtherEvent(new RoundEvent("runs/a", round(2, 4, 3)));
    listener.onOtherEvent(new NoticeEvent("runs/a", notice("of a")));
    listener.onOtherEvent(new RunEndedEvent("runs/a", 3, ""));
    List<RunRow> runs = TrainingRows.in(store).runs();
    assertThat(runs).extracting(run -> run.round).containsExactly(2, 1);
    assertThat(runs).extracting(run -> run.loss).containsExactly(3.0, 4.0);
    assertThat(runs).extracting(run -> run.notices).containsExactly(1L, 0L);
    assertThat(runs).extracting(RunRow::state).containsExactly("ended", "running");
  }

  private static JsonNode answer(KVStore store, int points, String... curves) {
    return new Answer(TrainingRows.in(store)).to(new Parameters(0, -1, points, List.of(curves), 0));
  }

  private static RunStartedEvent started(String output) {
    return new RunStartedEvent(1, output, "data", 0, 0, 100_000, 9, "", "model: " + output);
  }

  private static Notice notice(String text) {
    return new Notice(1, 2, Notice.Topic.FAULT, Notice.Severity.WARNING, text);
  }

  /** A round of two replicas, of which the second loses one nat more. */
  private static void post(TrainingListener listener, int round, int steps) {
    int first = (round - 1) * steps + 1;
    for (int replica = 0; replica < 2; replica++) {
      List<StepMetrics> taken = new ArrayList<>();
      for (int step = first; step < first + steps; step++) {
        taken.add(new StepMetrics(round, replica, step, loss(replica, step), 1, 1e-3, TOKENS, 0.1));
      }
      listener.onOtherEvent(new ReplicaRoundEvent(round, replica, taken));
    }
    listener.onOtherEvent(new RoundEvent("", round(round, round * steps, 3)));
  }

  private static double loss(int replica, int step) {
    // Powers of two, so that sums are exact; one step stands out.
    return 8 - step / 65_536.0 + replica + (step == 54_321 ? 4 : 0);
  }

  private static double expectedMean(int steps) {
    return 8.5 - (steps + 1) / 2.0 / 65_536;
  }

  private static RoundMetrics round(int round, int step, double loss) {
    return new RoundMetrics(
        round,
        step,
        List.of(),
        loss,
        round % 2 == 0 ? OptionalDouble.of(loss) : OptionalDouble.empty(),
        (long) step * 2 * TOKENS,
        2,
        1,
        0.25,
        0.25,
        0.25,
        0.25,
        1,
        1,
        0.5,
        1000,
        Map.of("model.layers.0.mlp.act_fn.bias", new double[] {0.125}),
        List.of(new ExpertMetrics(List.of(0.25, 0.75), 0.5, 1, 1, 0)),
        new HealthMetrics(OptionalDouble.empty(), 0, 1, List.of()),
        4,
        List.of(replica(0), replica(1)));
  }

  private static ReplicaMetrics replica(int number) {
    return new ReplicaMetrics(number, HOSTILE, "1", "", 20, 1000, 0.5, 4, null);
  }
}
