package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.device.GraphicsCard;
import io.polyspark.model.device.NvidiaSmi;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.transformer.ParameterCounts;
import io.polyspark.preflight.Finding;
import io.polyspark.train.TrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DoctorReportTest {
  private static final Path CONF = Path.of(System.getProperty("conf.dir"), "train", "char.yaml");
  private static final TrainConfig CHAR = TrainConfig.load(CONF, List.of());

  @Test
  void showsNoPasswordThatAnOptionHolds() {
    String key = "spark.executor.extraJavaOptions";
    System.setProperty(key, "-Djavax.net.ssl.trustStorePassword=Osprey");
    try {
      assertThat(DoctorReport.of(CHAR, Optional.empty(), Optional.empty()).toText())
          .contains(key + " = *********(redacted)")
          .doesNotContain("Osprey");
    } finally {
      System.clearProperty(key);
    }
  }

  @Test
  void saysWhatTheMachineAndTheConfigurationMakeOfEachOther() {
    String text = report(Optional.empty()).toText();
    assertThat(text)
        .contains(
            """
            machine    2 cores, 1,024 MiB of memory
            processor  A processor, vectors of 256 bits
            """)
        .contains(
            """
            device     cpu: nobody has a card
            kernels    vector, 8 lanes: because
            blas       core type ZEN
            nd4j       CpuBackend
            model      853,392 parameters, 820,496 without the embedding table
                       5,119,584 FLOPs per token of training
            """)
        .contains("  AdamW's moments\n")
        .endsWith(
            """
                       spark.master = here
            checks     ok   java    17
                       warn blas    Too many threads.
            verdict    it fits: 2 replicas side by side
            """);
    assertThat(report(Optional.of("Too large.")).toText()).doesNotContain("verdict");
  }

  @Test
  void saysTheSameToPrograms() {
    JsonNode json = new ObjectMapper().valueToTree(report(Optional.of("Too large.")).toMap());
    assertThat(json.at("/machine/vector_bits").asInt()).isEqualTo(256);
    assertThat(json.at("/gpus/0/runs_nd4j").asBoolean(true)).isFalse();
    assertThat(json.at("/gpus/0/memory_bytes").asLong()).isEqualTo(1L << 30);
    assertThat(json.at("/checks/1/name").asText()).isEqualTo("blas");
    assertThat(json.at("/checks/1/level").asText()).isEqualTo("warn");
    assertThat(json.at("/checks/1/text").asText()).isEqualTo("Too many threads.");
    assertThat(json.at("/model/flops_per_token").asLong()).isEqualTo(5_119_584);
    assertThat(json.at("/replica_bytes/moments").asLong()).isEqualTo(2 * 4 * 853_392);
    assertThat(json.at("/fits").asBoolean(true)).isFalse();
    assertThat(json.at("/problem").asText()).isEqualTo("Too large.");
  }

  /** The machine that this test runs on. */
  @Test
  void examinesThisMachine() {
    DoctorReport report = DoctorReport.of(CHAR, Optional.empty(), Optional.empty());
    assertThat(report.processor().name()).isNotBlank();
    assertThat(report.processor().vectorBits().orElseThrow()).isBetween(64, 512);
    assertThat(report.problem()).isEmpty();
    assertThat(report.settings().get("spark.master")).startsWith("local-cluster[");
  }

  private static DoctorReport report(Optional<String> problem) {
    GraphicsCard card =
        new GraphicsCard(
            0,
            "GPU-0",
            "550.54.15",
            OptionalLong.of(1L << 30),
            new GraphicsCard.Capability(9, 0),
            "A card");
    return new DoctorReport(
        new Machine(2, 1L << 30),
        new Processor("A processor", OptionalInt.of(256)),
        new KernelsProvider.Choice("vector, 8 lanes", "because", "CpuBackend", "ZEN"),
        new DeviceSelection(Device.CPU, "nobody has a card", List.of()),
        new NvidiaSmi(List.of(card), Optional.empty()),
        List.of(
            new Finding("java", Finding.Level.OK, "17"),
            new Finding("blas", Finding.Level.WARN, "Too many threads.")),
        CHAR,
        ParameterCounts.of(CHAR.model()),
        Demand.replicaOf(CHAR),
        Demand.validationBytes(CHAR),
        Demand.ofTraining(CHAR),
        Map.of("spark.master", "here"),
        problem);
  }
}
