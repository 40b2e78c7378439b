package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.train.TrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class GpuSettingsTest {
  private static final Machine MACHINE = new Machine(8, 16L << 30);
  private static final TrainConfig CHAR =
      TrainConfig.load(
          Path.of(System.getProperty("conf.dir"), "train", "char.yaml"), List.of("replicas=4"));
  private static final Map<String, String> WORKERS =
      Map.of("spark.worker.resource.gpu.amount", "1");

  @Test
  void aReplicaGetsAGpuOnEveryClusterWhereTheBackEndComputesOnThem() {
    for (String master : List.of("yarn", "k8s://host", "spark://host:7077")) {
      SparkConf conf = fit(master, Nd4jBackend.CUDA, Map.of());
      assertThat(conf.get("spark.executor.resource.gpu.amount")).isEqualTo("1");
      assertThat(conf.get("spark.task.resource.gpu.amount")).isEqualTo("1");
      assertThat(conf.get("spark.executorEnv.CUDA_DEVICE_ORDER")).isEqualTo("PCI_BUS_ID");
      assertThat(conf.contains("spark.executor.resource.gpu.vendor"))
          .isEqualTo(master.startsWith("k8s"));
      assertThat(fit(master, Nd4jBackend.CPU, Map.of()).getAllWithPrefix("spark.task.resource"))
          .isEmpty();
    }
  }

  @Test
  void anExecutorsReplicasShareItsCores() {
    SparkConf conf =
        fit(
            "yarn",
            Nd4jBackend.CUDA,
            Map.of("spark.executor.resource.gpu.amount", "4", "spark.executor.cores", "8"));
    assertThat(conf.get("spark.task.resource.gpu.amount")).isEqualTo("1");
    assertThat(conf.get("spark.task.cpus")).isEqualTo("2");
  }

  @Test
  void aMachineByItselfHasOneExecutor() {
    SparkConf conf = fit("local[*]", Nd4jBackend.CUDA, WORKERS);
    assertThat(conf.get("spark.master")).startsWith("local-cluster[1,8,");
  }

  @Test
  void whereGpusWouldBeWaitedForForeverASentenceSaysSo() {
    assertThatThrownBy(() -> fit("local-cluster[1,8,4000]", Nd4jBackend.CUDA, Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The workers of local-cluster[1,8,4000] know of no GPUs: add --conf"
                + " spark.worker.resource.gpu.amount=1 --conf"
                + " spark.worker.resource.gpu.discoveryScript=FILE, a program that prints them.");
    assertThatThrownBy(
            () -> fit("local[2]", Nd4jBackend.CUDA, Map.of("spark.task.resource.gpu.amount", "1")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("The master local[2] hands out no GPUs: leave out");
  }

  /** The replica's 35 GB are the card's; a YARN container must not hold them a second time. */
  @Test
  void theMachineHoldsNoReplicaThatIsOnAGpu() {
    TrainConfig large =
        TrainConfig.load(
            Path.of(System.getProperty("conf.dir"), "train", "char.yaml"),
            List.of("batch=4096", "recompute=none"));
    long onCpu = Demand.ofTraining(large, Nd4jBackend.CPU).nativeBytes();
    Demand onGpu = Demand.ofTraining(large, Nd4jBackend.CUDA);
    assertThat(onCpu).isGreaterThan(4L << 30);
    assertThat(onGpu.nativeBytes()).isBetween(1L << 30, 1100L << 20);
    assertThat(onGpu.batchBytes()).isZero();
  }

  private static SparkConf fit(String master, Nd4jBackend backend, Map<String, String> more) {
    SparkConf given =
        new SparkConf(false)
            .set("spark.master", master)
            .set(SparkSettings.CHOOSE_MASTER, Boolean.toString(master.equals("local[*]")));
    more.forEach(given::set);
    return SparkSettings.fit(given, Demand.ofTraining(CHAR, backend), MACHINE, backend);
  }
}
