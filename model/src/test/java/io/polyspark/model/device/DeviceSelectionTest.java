package io.polyspark.model.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection.Site;
import io.polyspark.model.device.DeviceSelection.Wanted;
import io.polyspark.model.tensor.Device;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class DeviceSelectionTest {
  private static final String HOPPER = "1, GPU-1b, 580.65.06, 81559, 9.0, NVIDIA H100 80GB HBM3\n";
  private static final String TURING = "0, GPU-1a, 580.65.06, 15360, 7.5, Tesla T4\n";
  private static final Supplier<Optional<String>> ALL_THERE = Optional::empty;

  @Test
  void aCardThatWouldComputeIsTakenByItself() {
    for (Wanted wanted : new Wanted[] {Wanted.AUTO, Wanted.CUDA}) {
      DeviceSelection found = here(wanted, TURING + HOPPER);
      assertThat(found.device()).isEqualTo(Device.CUDA);
      assertThat(found.reason())
          .isEqualTo("GPU 1 is NVIDIA H100 80GB HBM3 (9.0) with driver 580.65.06");
      assertThat(found.cards()).extracting(GraphicsCard::index).containsExactly(1);
    }
    assertThat(here(Wanted.CPU, HOPPER).device()).isEqualTo(Device.CPU);
  }

  @Test
  void whatKeepsACardFromComputingIsTheReasonForTheCpuAndTheSentenceWhereTheCardIsWanted() {
    refused(
        TURING,
        "Tesla T4 has compute capability 7.5, but PolySpark's kernels need 8.0 or newer: take a"
            + " newer card, ND4J's back end (POLYSPARK_BACKEND=cuda), or device: cpu.");
    refused(
        HOPPER.replace("580.65.06", "550.54.15"),
        "The NVIDIA driver is 550.54.15, but CUDA 13 needs 580.65.06 or newer: install a newer"
            + " driver, or take device: cpu.");
    assertThatThrownBy(() -> here(Wanted.CUDA, "No devices were found\n"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "device: cuda needs a GPU of NVIDIA's, but this machine has none (nvidia-smi says: No"
                + " devices were found): take a machine with one, or device: cpu.");
    assertThat(here(Wanted.AUTO, "No devices were found\n").reason())
        .isEqualTo("there is no GPU here: nvidia-smi says: No devices were found");
  }

  @Test
  void librariesThatAreMissingKeepTheCardFromComputing() {
    Supplier<Optional<String>> missing =
        () -> CudaLibraries.OF_OUR_KERNELS.problem(List.of(), "libcudart.so.13");
    String sentence =
        "libcublas.so.13 and libcublasLt.so.13 and libnvrtc.so.13 of CUDA 13, which PolySpark's"
            + " kernels for GPUs are linked with, cannot be found: install the libraries of CUDA"
            + " 13 and put their directory into LD_LIBRARY_PATH.";
    assertThatThrownBy(() -> select(Wanted.CUDA, HOPPER, missing)).hasMessage(sentence);
    assertThat(select(Wanted.AUTO, HOPPER, missing))
        .isEqualTo(new DeviceSelection(Device.CPU, sentence.replaceFirst("\\.$", ""), List.of()));
  }

  @Test
  void aClustersCardsAreTakenWhereExecutorsAreAskedForWithThem() {
    assertThat(on(Site.EXECUTORS_WITH_GPUS, Wanted.AUTO)).isEqualTo(Device.CUDA);
    assertThat(on(Site.EXECUTORS_WITH_GPUS, Wanted.CPU)).isEqualTo(Device.CPU);
    assertThat(on(Site.EXECUTORS, Wanted.AUTO)).isEqualTo(Device.CPU);
    assertThat(on(Site.EXECUTORS, Wanted.CUDA)).isEqualTo(Device.CUDA);
  }

  @Test
  void nd4jsJarComputesOnCardsAlone() {
    for (Site site : Site.values()) {
      assertThat(byNd4j(Wanted.AUTO, site)).isEqualTo(Device.CUDA);
      assertThatThrownBy(() -> byNd4j(Wanted.CPU, site))
          .isInstanceOf(UserError.class)
          .hasMessage(
              "device: cpu cannot be had from the jar with ND4J's CUDA back end: use the default"
                  + " jar (leave out POLYSPARK_BACKEND=cuda).");
    }
  }

  @Test
  void aCardThatIsHiddenIsNoCard() {
    NvidiaSmi both = NvidiaSmi.read(TURING + HOPPER);
    assertThat(both.visible("GPU-1b").cards()).extracting(GraphicsCard::index).containsExactly(1);
    assertThat(both.visible("0").cards()).extracting(GraphicsCard::index).containsExactly(0);
    assertThat(both.visible("").trouble()).contains("CUDA_VISIBLE_DEVICES= hides all GPUs");
  }

  @Test
  void theUseOfACardIsFoundByItsName() {
    String listing = "GPU-1a, 100, 15360, 7\nGPU-1b, 2048, 81559, [N/A]\n";
    assertThat(CardUse.read(listing, "GPU-1b"))
        .contains(new CardUse(2048L << 20, 81559L << 20, null));
    assertThat(CardUse.read(listing, "GPU-1c")).isEmpty();
  }

  private static void refused(String listing, String sentence) {
    assertThatThrownBy(() -> here(Wanted.CUDA, listing))
        .isInstanceOf(UserError.class)
        .hasMessage(sentence);
    assertThat(here(Wanted.AUTO, listing).device()).isEqualTo(Device.CPU);
    assertThat(here(Wanted.AUTO, listing).reason() + ".").isEqualTo(sentence);
  }

  private static DeviceSelection here(Wanted wanted, String listing) {
    return select(wanted, listing, ALL_THERE);
  }

  private static DeviceSelection select(
      Wanted wanted, String listing, Supplier<Optional<String>> libraries) {
    return DeviceSelection.of(
        wanted, Nd4jBackend.CPU, Site.THIS_MACHINE, () -> NvidiaSmi.read(listing), libraries);
  }

  private static Device on(Site site, Wanted wanted) {
    return DeviceSelection.of(wanted, Nd4jBackend.CPU, site, () -> NvidiaSmi.read(""), ALL_THERE)
        .device();
  }

  private static Device byNd4j(Wanted wanted, Site site) {
    return DeviceSelection.of(
            wanted, Nd4jBackend.CUDA, site, () -> NvidiaSmi.read(HOPPER), ALL_THERE)
        .device();
  }
}
