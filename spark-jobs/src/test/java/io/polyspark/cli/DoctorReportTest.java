package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.transformer.ParameterCounts;
import io.polyspark.train.TrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class DoctorReportTest {
  private static final Path CONF = Path.of(System.getProperty("conf.dir"), "train", "char.yaml");
  private static final TrainConfig CHAR = TrainConfig.load(CONF, List.of());

  @Test
  void saysWhatTheMachineAndTheConfigurationMakeOfEachOther() {
    String text = report(List.of(card(9, 0), card(8, 6)), Optional.empty()).toText();
    assertThat(text)
        .contains(
            """
            machine    2 cores, 1,024 MiB of memory
            processor  A processor, vectors of 256 bits
            """)
        .contains(
            """
            kernels    vector, 8 lanes: because
            blas       core type ZEN
            nd4j       CpuBackend
            gpu        A card (9.0): ND4J's CUDA artifacts cannot run on it, since they hold machine\
             code for 3.7, 5.0, 5.2, 6.0, 6.1, 7.0, 7.5, 8.0, 8.6 and no PTX; the CPU computes
            gpu        A card (8.6): ND4J's CUDA artifacts have code for it; build with mvn -Pcuda to\
             compute on it
            model      853,392 parameters, 820,496 without the embedding table
                       5,119,584 FLOPs per token of training
            """)
        .contains("  AdamW's moments\n")
        .endsWith("           spark.master = here\nverdict    it fits: 2 replicas side by side\n");
    assertThat(report(List.of(), Optional.empty()).toText())
        .contains("gpus       none that nvidia-smi shows\n");
    assertThat(report(List.of(), Optional.of("Too large.")).toText()).doesNotContain("verdict");
  }

  @Test
  void saysTheSameToPrograms() {
    JsonNode json =
        new ObjectMapper()
            .valueToTree(report(List.of(card(9, 0)), Optional.of("Too large.")).toMap());
    assertThat(json.at("/machine/vector_bits").asInt()).isEqualTo(256);
    assertThat(json.at("/gpus/0/runs_nd4j").asBoolean(true)).isFalse();
    assertThat(json.at("/model/flops_per_token").asLong()).isEqualTo(5_119_584);
    assertThat(json.at("/replica_bytes/moments").asLong()).isEqualTo(2 * 4 * 853_392);
    assertThat(json.at("/fits").asBoolean(true)).isFalse();
    assertThat(json.at("/problem").asText()).isEqualTo("Too large.");
  }

  /** The machine that this test runs on. */
  @Test
  void examinesThisMachine() {
    DoctorReport report = DoctorReport.of(CHAR);
    assertThat(report.processor().name()).isNotBlank();
    assertThat(report.processor().vectorBits().orElseThrow()).isBetween(64, 512);
    assertThat(report.problem()).isEmpty();
    assertThat(report.settings().get("spark.master")).startsWith("local-cluster[");
  }

  private static GraphicsCard card(int major, int minor) {
    return new GraphicsCard("A card", new GraphicsCard.Capability(major, minor));
  }

  private static DoctorReport report(List<GraphicsCard> cards, Optional<String> problem) {
    return new DoctorReport(
        new Machine(2, 1L << 30),
        new Processor("A processor", OptionalInt.of(256)),
        new KernelsProvider.Choice("vector, 8 lanes", "because", "CpuBackend", "ZEN"),
        cards,
        CHAR,
        ParameterCounts.of(CHAR.model()),
        Demand.replicaOf(CHAR),
        Demand.validationBytes(CHAR),
        Demand.ofTraining(CHAR),
        Map.of("spark.master", "here"),
        problem);
  }
}
