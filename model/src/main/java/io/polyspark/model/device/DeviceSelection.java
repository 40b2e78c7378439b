package io.polyspark.model.device;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.Device;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Which device replicas compute on, and why. A pure function of what was asked for and of what
 * there is.
 *
 * @param device where they compute
 * @param reason in words, for the log: what was asked for or found
 * @param cards those of this machine that would compute; empty where other machines' do, or the CPU
 */
public record DeviceSelection(Device device, String reason, List<GraphicsCard> cards) {
  /** What a configuration asks for. */
  public enum Wanted {
    /** A card where there is one that would compute, else the processor. */
    AUTO,
    /** The processor's cores. */
    CPU,
    /** A card, or none at all. */
    CUDA
  }

  /** Where replicas are computed. */
  public enum Site {
    /** In this process, or in executors on this machine that may be given its cards. */
    THIS_MACHINE,
    /** In executors that are to be started with GPUs of their machines'. */
    EXECUTORS_WITH_GPUS,
    /** In executors of which nobody has said that they should have any. */
    EXECUTORS
  }

  /** Copies the list. */
  public DeviceSelection {
    cards = List.copyOf(cards);
  }

  /** The device for what is computed in this process by this JVM's jar. */
  public static DeviceSelection here(Wanted wanted) {
    return of(wanted, Site.THIS_MACHINE);
  }

  /** The device for what this JVM's jar computes at a site. */
  public static DeviceSelection of(Wanted wanted, Site site) {
    return of(
        wanted,
        Nd4jBackend.here(),
        site,
        () -> NvidiaSmi.ask().visible(),
        CudaLibraries.OF_OUR_KERNELS::problem);
  }

  /**
   * Chooses.
   *
   * @param backend ND4J's: where it is CUDA's, everything computes by it
   * @param cards this machine's; asked for where they matter
   * @param libraries the sentence that names what our kernels lack on this machine; asked for where
   *     it matters
   * @throws UserError if what is wanted cannot be had
   */
  static DeviceSelection of(
      Wanted wanted,
      Nd4jBackend backend,
      Site site,
      Supplier<NvidiaSmi> cards,
      Supplier<Optional<String>> libraries) {
    if (backend == Nd4jBackend.CUDA) {
      return byNd4j(wanted);
    }
    if (wanted == Wanted.CPU) {
      return new DeviceSelection(Device.CPU, "device: cpu", List.of());
    }
    return switch (site) {
      case THIS_MACHINE -> onThisMachine(wanted, cards.get(), libraries);
      case EXECUTORS_WITH_GPUS ->
          new DeviceSelection(Device.CUDA, "executors are asked for with GPUs", List.of());
      case EXECUTORS ->
          wanted == Wanted.CUDA
              ? new DeviceSelection(Device.CUDA, "device: cuda", List.of())
              : new DeviceSelection(
                  Device.CPU,
                  "device: auto takes GPUs of a cluster where spark.executor.resource.gpu.amount"
                      + " is set",
                  List.of());
    };
  }

  private static DeviceSelection byNd4j(Wanted wanted) {
    if (wanted == Wanted.CPU) {
      throw new UserError(
          "device: cpu cannot be had from the jar with ND4J's CUDA back end: use the default jar"
              + " (leave out POLYSPARK_BACKEND=cuda).");
    }
    return new DeviceSelection(Device.CUDA, "ND4J's CUDA back end is on the class path", List.of());
  }

  private static DeviceSelection onThisMachine(
      Wanted wanted, NvidiaSmi found, Supplier<Optional<String>> libraries) {
    CudaRequirements ours = CudaRequirements.OF_OUR_KERNELS;
    Optional<String> problem = ours.problem(found).or(libraries);
    if (problem.isEmpty()) {
      List<GraphicsCard> usable =
          found.cards().stream().filter(card -> ours.problem(card).isEmpty()).toList();
      GraphicsCard first = usable.get(0);
      return new DeviceSelection(
          Device.CUDA,
          String.format(
              Locale.ROOT,
              "GPU %d is %s (%s) with driver %s",
              first.index(),
              first.name(),
              first.capability(),
              first.driver()),
          usable);
    }
    if (wanted == Wanted.CUDA) {
      throw new UserError(problem.get());
    }
    // A machine without a card is nothing to advise on.
    return new DeviceSelection(
        Device.CPU,
        found.cards().isEmpty()
            ? "there is no GPU here: " + found.trouble().orElse("nvidia-smi shows none")
            : problem.get().replaceFirst("\\.$", ""),
        List.of());
  }
}
