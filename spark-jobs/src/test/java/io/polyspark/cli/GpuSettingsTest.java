package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.device.GraphicsCard;
import io.polyspark.model.tensor.Device;
import io.polyspark.train.TrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
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
      SparkConf conf = fit(master, Device.CUDA, Map.of());
      assertThat(conf.get("spark.executor.resource.gpu.amount")).isEqualTo("1");
      assertThat(conf.get("spark.task.resource.gpu.amount")).isEqualTo("1");
      assertThat(conf.get("spark.executorEnv.CUDA_DEVICE_ORDER")).isEqualTo("PCI_BUS_ID");
      assertThat(conf.contains("spark.executor.resource.gpu.vendor"))
          .isEqualTo(master.startsWith("k8s"));
      assertThat(fit(master, Device.CPU, Map.of()).getAllWithPrefix("spark.task.resource"))
          .isEmpty();
    }
  }

  @Test
  void anExecutorsReplicasShareItsCores() {
    SparkConf conf =
        fit(
            "yarn",
            Device.CUDA,
            Map.of("spark.executor.resource.gpu.amount", "4", "spark.executor.cores", "8"));
    assertThat(conf.get("spark.task.resource.gpu.amount")).isEqualTo("1");
    assertThat(conf.get("spark.task.cpus")).isEqualTo("2");
  }

  @Test
  void aMachineByItselfHasOneExecutor() {
    SparkConf conf = fit("local[*]", Device.CUDA, WORKERS);
    assertThat(conf.get("spark.master")).startsWith("local-cluster[1,8,");
  }

  @Test
  void whereGpusWouldBeWaitedForForeverASentenceSaysSo() {
    assertThatThrownBy(() -> fit("local-cluster[1,8,4000]", Device.CUDA, Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The workers of local-cluster[1,8,4000] know of no GPUs: add --conf"
                + " spark.worker.resource.gpu.amount=1 --conf"
                + " spark.worker.resource.gpu.discoveryScript=FILE, a program that prints them.");
    assertThatThrownBy(
            () -> fit("local[2]", Device.CUDA, Map.of("spark.task.resource.gpu.amount", "1")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("The master local[2] hands out no GPUs: leave out");
    Map<String, String> two = Map.of("spark.executor.resource.gpu.amount", "2");
    assertThatThrownBy(() -> fit("local-cluster[1,8,4000]", Device.CUDA, List.of(card(0)), two))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "spark.executor.resource.gpu.amount=2, but 1 of this machine's GPUs would compute: ask"
                + " for at most as many, or leave the setting out.");
  }

  @Test
  void aMachineByItselfHandsItsCardsOutWithoutAScript() {
    List<GraphicsCard> cards = List.of(card(0), card(2));
    SparkConf conf = fit("local[*]", Device.CUDA, cards, Map.of());
    assertThat(conf.get("spark.master")).startsWith("local-cluster[1,8,");
    assertThat(conf.get("spark.worker.resource.gpu.amount")).isEqualTo("2");
    assertThat(conf.get("spark.executor.resource.gpu.amount")).isEqualTo("2");
    assertThat(conf.get("spark.task.resource.gpu.amount")).isEqualTo("1");
    assertThat(conf.get("spark.task.cpus")).isEqualTo("4");
    assertThat(conf.get("spark.polyspark.gpus")).isEqualTo("0,2");
    assertThatThrownBy(() -> fit("local-cluster[2,4,4000]", Device.CUDA, cards, Map.of()))
        .hasMessageStartingWith("The workers of local-cluster[2,4,4000] know of no GPUs:");
  }

  @Test
  void whatIsToBeFoundOutDependsOnWhereExecutorsAre() {
    assertThat(site(Map.of())).isEqualTo(DeviceSelection.Site.THIS_MACHINE);
    assertThat(site(Map.of("spark.master", "local-cluster[1,2,2000]")))
        .isEqualTo(DeviceSelection.Site.THIS_MACHINE);
    assertThat(site(Map.of("spark.master", "local-cluster[2,2,2000]")))
        .isEqualTo(DeviceSelection.Site.EXECUTORS);
    assertThat(site(Map.of("spark.master", "yarn"))).isEqualTo(DeviceSelection.Site.EXECUTORS);
    assertThat(site(Map.of("spark.master", "yarn", "spark.executor.resource.gpu.amount", "1")))
        .isEqualTo(DeviceSelection.Site.EXECUTORS_WITH_GPUS);
  }

  private static DeviceSelection.Site site(Map<String, String> settings) {
    SparkConf conf = new SparkConf(false);
    settings.forEach(conf::set);
    return GpuSettings.site(conf);
  }

  private static GraphicsCard card(int index) {
    return new GraphicsCard(
        index,
        "GPU-" + index,
        "580.65.06",
        OptionalLong.of(80L << 30),
        new GraphicsCard.Capability(9, 0),
        "A card");
  }

  /** The replica's 35 GB are the card's; a YARN container must not hold them a second time. */
  @Test
  void theMachineHoldsNoReplicaThatIsOnAGpu() {
    TrainConfig large =
        TrainConfig.load(
            Path.of(System.getProperty("conf.dir"), "train", "char.yaml"),
            List.of("batch=4096", "recompute=none"));
    long onCpu = Demand.ofTraining(large.on(Device.CPU)).nativeBytes();
    Demand onGpu = Demand.ofTraining(large.on(Device.CUDA));
    assertThat(onCpu).isGreaterThan(4L << 30);
    assertThat(onGpu.nativeBytes()).isBetween(1L << 30, 1100L << 20);
    assertThat(onGpu.batchBytes()).isZero();
  }

  private static SparkConf fit(String master, Device device, Map<String, String> more) {
    return fit(master, device, List.of(), more);
  }

  private static SparkConf fit(
      String master, Device device, List<GraphicsCard> cards, Map<String, String> more) {
    SparkConf given =
        new SparkConf(false)
            .set("spark.master", master)
            .set(SparkSettings.CHOOSE_MASTER, Boolean.toString(master.equals("local[*]")));
    more.forEach(given::set);
    return SparkSettings.fit(
        given,
        Demand.ofTraining(CHAR.on(device)),
        MACHINE,
        new DeviceSelection(device, "the test says so", cards));
  }
}
