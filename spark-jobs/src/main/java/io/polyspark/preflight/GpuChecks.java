package io.polyspark.preflight;

import io.polyspark.model.device.CudaLibraries;
import io.polyspark.model.device.CudaRequirements;
import io.polyspark.model.device.GraphicsCard;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.device.NvidiaSmi;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Checks of the GPUs against ND4J's back end: the driver, the compute capability, the memory.
 *
 * @param backend what the run computes with
 * @param found the machine's cards
 * @param replicaBytes what a replica takes
 * @param computesHere whether the replicas are trained on this machine
 */
record GpuChecks(Nd4jBackend backend, NvidiaSmi found, long replicaBytes, boolean computesHere) {
  private static final String NAME = "gpu";

  /** Whether the libraries are there that the back end is linked with. */
  static Finding libraries() {
    return CudaLibraries.problem()
        .map(problem -> Finding.warn("cuda", "%s", problem))
        .orElseGet(() -> Finding.ok("cuda", "the libraries of CUDA 11 are there"));
  }

  /** Spark has given GPUs to a task that computes on the CPU. */
  static Finding idle(List<String> addresses) {
    return Finding.warn(
        NAME,
        "Spark holds GPU %s for this task, which computes on the CPU: run with"
            + " POLYSPARK_BACKEND=cuda, or leave out spark.executor.resource.gpu.amount.",
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
    if (backend == Nd4jBackend.CPU) {
      return Finding.ok(
          NAME, "none (%s); the CPU computes", found.trouble().orElse("nvidia-smi shows none"));
    }
    String sentence = CudaRequirements.noCard(found).orElseThrow();
    return computesHere
        ? Finding.fail(NAME, "%s", sentence)
        : Finding.ok(
            NAME, "none on this machine; the executors' are checked before their first replica");
  }

  private Finding card(GraphicsCard card) {
    String name = card.index() + ": " + card.name() + " (" + card.capability() + ")";
    if (backend == Nd4jBackend.CPU) {
      return Finding.ok(
          NAME,
          card.runsNd4j()
              ? "%s could run ND4J's CUDA back end (docs/gpu.md says how); the CPU computes"
              : "%s cannot run ND4J's CUDA back end, which holds machine code for %s; the CPU"
                  + " computes",
          name,
          GraphicsCard.nd4jCode());
    }
    Stream<Function<GraphicsCard, Optional<String>>> requirements =
        Stream.of(
            CudaRequirements::driver,
            CudaRequirements::code,
            of -> CudaRequirements.memory(of, replicaBytes));
    Optional<String> problem =
        requirements.map(of -> of.apply(card)).flatMap(Optional::stream).findFirst();
    if (problem.isEmpty()) {
      return Finding.ok(
          NAME,
          "%s with driver %s has %,d MiB, of which a replica takes %,d",
          name,
          card.driver(),
          card.memory().orElse(0) >> 20,
          replicaBytes >> 20);
    }
    return computesHere
        ? Finding.fail(NAME, "%s", problem.get())
        : Finding.warn(NAME, "%s", problem.get());
  }
}
