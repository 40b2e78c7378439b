package io.polyspark.preflight;

import io.polyspark.model.device.CudaLibraries;
import io.polyspark.model.device.CudaRequirements;
import io.polyspark.model.device.GraphicsCard;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.device.NvidiaSmi;
import io.polyspark.model.tensor.Device;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Checks of the GPUs against what computes on them, ND4J's back end or our own kernels: the driver,
 * the compute capability, the memory.
 *
 * @param backend ND4J's
 * @param device what the run computes on
 * @param found the machine's cards
 * @param replicaBytes what a replica takes
 * @param computesHere whether the replicas are trained on this machine
 */
record GpuChecks(
    Nd4jBackend backend, Device device, NvidiaSmi found, long replicaBytes, boolean computesHere) {
  private static final String NAME = "gpu";

  /** Whether the libraries are there that what computes is linked with. */
  Finding libraries() {
    CudaLibraries libraries = requirements().libraries();
    return libraries
        .problem()
        .map(
            problem ->
                // ND4J's own loader has the last word on its libraries.
                backend == Nd4jBackend.CUDA
                    ? Finding.warn("cuda", "%s", problem)
                    : Finding.fail("cuda", "%s", problem))
        .orElseGet(
            () -> Finding.ok("cuda", "the libraries of CUDA %s are there", libraries.major()));
  }

  /** Whether GPUs compute, and not the CPU. */
  boolean compute() {
    return backend == Nd4jBackend.CUDA || device == Device.CUDA;
  }

  private CudaRequirements requirements() {
    return CudaRequirements.of(backend);
  }

  /** Spark has given GPUs to a task that computes on the CPU. */
  static Finding idle(List<String> addresses) {
    return Finding.warn(
        NAME,
        "Spark holds GPU %s for this task, which computes on the CPU: take device:"
            + " cuda, or leave out spark.executor.resource.gpu.amount.",
        String.join(", ", addresses));
  }

  /** A finding for every card, or one where there is none. */
  List<Finding> run() {
    if (found.cards().isEmpty()) {
      return List.of(noCard());
    }
    return found.cards().stream().map(this::card).toList();
  }

  private Finding noCard() {
    if (!compute()) {
      return Finding.ok(
          NAME, "none (%s); the CPU computes", found.trouble().orElse("nvidia-smi shows none"));
    }
    String sentence = requirements().noCard(found).orElseThrow();
    return computesHere
        ? Finding.fail(NAME, "%s", sentence)
        : Finding.ok(
            NAME, "none on this machine; the executors' are checked before their first replica");
  }

  private Finding card(GraphicsCard card) {
    String name = card.index() + ": " + card.name() + " (" + card.capability() + ")";
    if (!compute()) {
      return Finding.ok(NAME, "%s; the CPU computes", idle(card, name));
    }
    Stream<Function<GraphicsCard, Optional<String>>> requirements =
        Stream.of(requirements()::problem, of -> requirements().memory(of, replicaBytes));
    Optional<String> problem =
        requirements.map(of -> of.apply(card)).flatMap(Optional::stream).findFirst();
    if (problem.isEmpty()) {
      return Finding.ok(
          NAME,
          "%s with driver %s (at least %s) has %,d MiB, of which a replica takes %,d",
          name,
          card.driver(),
          requirements().oldestDriver(),
          card.memory().orElse(0) >> 20,
          replicaBytes >> 20);
    }
    return computesHere
        ? Finding.fail(NAME, "%s", problem.get())
        : Finding.warn(NAME, "%s", problem.get());
  }

  /** What a card that nobody asked for could do. */
  private static String idle(GraphicsCard card, String name) {
    Optional<String> problem = CudaRequirements.OF_OUR_KERNELS.problem(card);
    if (problem.isEmpty()) {
      return name + " could compute with device: cuda";
    }
    return card.runsNd4j() && !card.runsOurKernels()
        ? name + " could run ND4J's CUDA back end (docs/gpu.md says how)"
        : name + " cannot: " + problem.get().replaceFirst("\\.$", "");
  }
}
