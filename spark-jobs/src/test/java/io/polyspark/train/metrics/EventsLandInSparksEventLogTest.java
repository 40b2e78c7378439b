package io.polyspark.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.util.JsonProtocol;
import org.junit.jupiter.api.Test;

class EventsLandInSparksEventLogTest {
  @Test
  void aReplicasRoundReadsBackFromSparksJson() {
    ReplicaRoundEvent event =
        new ReplicaRoundEvent(
            "runs/mine", 3, 1, List.of(new StepMetrics(3, 1, 41, 2.5, 1.5, 1e-3, 768, 0.0625)));
    String json = JsonProtocol.sparkEventToJsonString(event);
    assertThat(json).contains("\"Event\":\"io.polyspark.train.metrics.ReplicaRoundEvent\"");
    assertThat(JsonProtocol.sparkEventFromJson(json)).isEqualTo(event);
  }

  @Test
  void aRoundReadsBackFromSparksJson() {
    for (OptionalDouble validation : List.of(OptionalDouble.empty(), OptionalDouble.of(2.25))) {
      RoundMetrics metrics =
          new RoundMetrics(
              3,
              60,
              List.of(20, 14),
              2.5,
              validation,
              92_160,
              2,
              1,
              0.25,
              0.25,
              0.25,
              0.25,
              4096,
              1024,
              0.5,
              15_360,
              Map.of("act_fn.bias", new double[] {0.125}),
              validation.isPresent()
                  ? List.of(new ExpertMetrics(List.of(0.25, 0.75), 0.5, 1.5, 2.5, 0))
                  : List.of(),
              new HealthMetrics(
                  OptionalDouble.of(1.5),
                  0,
                  1.25,
                  List.of(
                      new LayerHealth(
                          OptionalDouble.of(0.5),
                          OptionalDouble.of(0.125),
                          OptionalDouble.empty(),
                          List.of(1)))),
              1_790_000_000_000L,
              List.of(
                  new ReplicaMetrics(
                      0, "host", "1", "", 20, 7680, 0.25, 1_790_000_000_000L, null)));
      String json = JsonProtocol.sparkEventToJsonString(new RoundEvent("runs/mine", metrics));
      RoundEvent read = (RoundEvent) JsonProtocol.sparkEventFromJson(json);
      assertThat(read.metrics().validationLoss()).isEqualTo(validation);
      assertThat(read.metrics()).usingRecursiveComparison().isEqualTo(metrics);
    }
  }

  @Test
  void whatARunIsAndWhatHappensInItReadBackFromSparksJson() {
    for (SparkListenerEvent event :
        List.of(
            new RunStartedEvent(
                1_790_000_000_000L,
                "runs/a",
                "data/a",
                2,
                40,
                100,
                5_000_000_000L,
                "0.1.0",
                "model:\n  hidden_size: 64\n"),
            new NoticeEvent(
                "runs/mine",
                new Notice(
                    3,
                    1_790_000_000_000L,
                    Notice.Topic.HEALTH,
                    Notice.Severity.WARNING,
                    "Expert 3 of layer 1 is idle")),
            new RunEndedEvent("runs/mine", 1_790_000_000_000L, "no space"))) {
      String json = JsonProtocol.sparkEventToJsonString(event);
      assertThat(JsonProtocol.sparkEventFromJson(json)).isEqualTo(event);
    }
  }

  @Test
  void eventsOfBeforeSeveralRunsCouldShareAnApplicationAreRead() {
    String json =
        JsonProtocol.sparkEventToJsonString(new RunEndedEvent("runs/mine", 1, "no space"))
            .replace("\"run\":\"runs/mine\",", "");
    assertThat(json).doesNotContain("runs/mine");
    assertThat(JsonProtocol.sparkEventFromJson(json))
        .isEqualTo(new RunEndedEvent("", 1, "no space"));
  }
}
