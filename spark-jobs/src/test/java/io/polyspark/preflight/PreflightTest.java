package io.polyspark.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.device.GraphicsCard;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.device.NvidiaSmi;
import io.polyspark.model.tensor.Device;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
  private static final Configuration HADOOP = new Configuration();

  @TempDir Path directory;

  @Test
  void theJvmOfTheTestsIsAsItMustBe() {
    assertThat(List.of(JvmChecks.java(), JvmChecks.vectorModule()))
        .extracting(Finding::level)
        .containsOnly(Finding.Level.OK);
    assertThat(List.of(VersionChecks.spark(), VersionChecks.hadoop()))
        .extracting(Finding::level)
        .containsOnly(Finding.Level.OK);
  }

  @Test
  void anotherSparkOrHadoopIsRefused() {
    assertThat(VersionChecks.spark("3.4.1", "2.12.17"))
        .isEqualTo(
            new Finding(
                "spark",
                Finding.Level.FAIL,
                "Spark is 3.4.1 with Scala 2.12.17, but PolySpark is built for 3.5 with Scala 2.12:"
                    + " set SPARK_HOME to one of those, or unset it to use the Spark from Maven."));
    assertThat(VersionChecks.spark("3.5.1", "2.13.8").level()).isEqualTo(Finding.Level.FAIL);
    assertThat(VersionChecks.hadoop("2.7.4").level()).isEqualTo(Finding.Level.FAIL);
  }

  @Test
  void moreThreadsThanCoresAreAWarning() {
    assertThat(JvmChecks.blasThreads("2", 2).level()).isEqualTo(Finding.Level.OK);
    assertThat(JvmChecks.blasThreads("4", 2))
        .isEqualTo(
            new Finding(
                "blas",
                Finding.Level.WARN,
                "OMP_NUM_THREADS is 4, but a replica has 2 of the cores: set --conf"
                    + " spark.executorEnv.OMP_NUM_THREADS=2."));
    assertThat(JvmChecks.blasThreads(null, 2).text()).startsWith("OMP_NUM_THREADS is not set, so");
  }

  @Test
  void memoryThatIsNotThereIsRefusedAndMemoryThatOthersHaveIsAWarning() {
    long gibibyte = 1L << 30;
    assertThat(
            MemoryChecks.outsideTheHeap(2 * gibibyte, gibibyte, 2 * gibibyte, OptionalLong.empty()))
        .extracting(Finding::level)
        .isEqualTo(Finding.Level.FAIL);
    assertThat(
            MemoryChecks.outsideTheHeap(gibibyte, gibibyte, 4 * gibibyte, OptionalLong.of(1 << 20)))
        .extracting(Finding::level)
        .isEqualTo(Finding.Level.WARN);
    assertThat(MemoryChecks.outsideTheHeap(1).level()).isEqualTo(Finding.Level.OK);
  }

  @Test
  void filesAreMadeRenamedAndDeletedAndNothingStays() throws IOException {
    org.apache.hadoop.fs.Path run = path("runs/not/yet");
    Finding found = FileSystemChecks.writable("output", run, HADOOP);
    assertThat(found.level()).as(found.text()).isEqualTo(Finding.Level.OK);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
    Files.writeString(directory.resolve("file"), "no directory");
    Finding below = FileSystemChecks.writable("output", path("file/below"), HADOOP);
    assertThat(below.level()).isEqualTo(Finding.Level.FAIL);
    assertThat(below.text()).matches(".* cannot be written \\(.*\\): see whether its address.*");
  }

  @Test
  void dataThatIsNotThereSaysWhoLooked() {
    Finding empty = FileSystemChecks.readable("data", path(""), HADOOP);
    assertThat(empty.level()).isEqualTo(Finding.Level.FAIL);
    assertThat(empty.text()).contains("manifest.json");
    assertThat(FileSystemChecks.readable("data", path("nothing"), HADOOP).text())
        .endsWith(
            "nothing is not there, seen from this machine: give a place that the driver and all"
                + " executors share.");
    for (String nowhere : List.of("hdfs://127.0.0.1:1/x", "hdfs://nobody.invalid:8020/x")) {
      Finding found =
          FileSystemChecks.readable("data", new org.apache.hadoop.fs.Path(nowhere), HADOOP);
      assertThat(found.text()).startsWith(nowhere + " cannot be read (").hasLineCount(1);
    }
  }

  @Test
  void aPortThatIsTakenIsRefusedWhereSparkMayTryNoOther() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      SparkConf conf =
          new SparkConf(false)
              .set("spark.driver.port", Integer.toString(taken.getLocalPort()))
              .set("spark.port.maxRetries", "0")
              .set("spark.ui.enabled", "false");
      assertThat(PortChecks.free(conf).text())
          .startsWith("spark.driver.port is " + taken.getLocalPort() + ", but that port");
      assertThat(PortChecks.free(conf.set("spark.port.maxRetries", "50")).level())
          .isEqualTo(Finding.Level.OK);
    }
  }

  @Test
  void aCardIsHeldAgainstTheBackEndThatComputes() {
    NvidiaSmi cards = new NvidiaSmi(List.of(card(8, 9), card(9, 0)), Optional.empty());
    assertThat(gpus(Nd4jBackend.CPU, cards, true)).containsOnly(Finding.Level.OK);
    assertThat(gpus(Nd4jBackend.CUDA, cards, true))
        .containsExactly(Finding.Level.OK, Finding.Level.FAIL);
    assertThat(gpus(Nd4jBackend.CUDA, cards, false))
        .containsExactly(Finding.Level.OK, Finding.Level.WARN);
    NvidiaSmi none = new NvidiaSmi(List.of(), Optional.of("nvidia-smi shows none"));
    assertThat(gpus(Nd4jBackend.CUDA, none, true)).containsExactly(Finding.Level.FAIL);
    assertThat(gpus(Nd4jBackend.CUDA, none, false)).containsExactly(Finding.Level.OK);
    GpuChecks small = new GpuChecks(Nd4jBackend.CUDA, Device.CUDA, cards, 3L << 30, true);
    assertThat(small.run().get(0).text())
        .startsWith("A card has 2,048 MiB of memory, but a replica of this model needs 3,072 MiB");
  }

  @Test
  void aCardIsHeldAgainstOurOwnKernels() {
    NvidiaSmi cards =
        new NvidiaSmi(
            List.of(card(7, 5, "580.65.06"), card(9, 0, "550.54.15"), card(9, 0, "580.65.06")),
            Optional.empty());
    GpuChecks asked = new GpuChecks(Nd4jBackend.CPU, Device.CUDA, cards, 1 << 20, true);
    assertThat(levels(asked))
        .containsExactly(Finding.Level.FAIL, Finding.Level.FAIL, Finding.Level.OK);
    assertThat(asked.run().get(1).text())
        .isEqualTo(
            "The NVIDIA driver is 550.54.15, but CUDA 13 needs 580.65.06 or newer: install a newer"
                + " driver, or take device: cpu.");
    assertThat(new GpuChecks(Nd4jBackend.CPU, Device.CPU, cards, 1 << 20, true).run().get(2).text())
        .isEqualTo("0: A card (9.0) could compute with device: cuda; the CPU computes");
  }

  private static List<Finding.Level> gpus(Nd4jBackend backend, NvidiaSmi cards, boolean here) {
    return levels(new GpuChecks(backend, Device.CPU, cards, 1 << 20, here));
  }

  private static List<Finding.Level> levels(GpuChecks checks) {
    return checks.run().stream().map(Finding::level).toList();
  }

  private static GraphicsCard card(int major, int minor) {
    return card(major, minor, "550.54.15");
  }

  private static GraphicsCard card(int major, int minor, String driver) {
    return new GraphicsCard(
        0,
        "GPU-0",
        driver,
        OptionalLong.of(2L << 30),
        new GraphicsCard.Capability(major, minor),
        "A card");
  }

  private org.apache.hadoop.fs.Path path(String below) {
    return new org.apache.hadoop.fs.Path(directory.resolve(below).toUri());
  }
}
