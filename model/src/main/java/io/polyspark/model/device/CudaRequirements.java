package io.polyspark.model.device;

import io.polyspark.model.config.UserError;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What ND4J's CUDA back end asks of a machine and its cards. Each question is answered by nothing,
 * or by the sentence that says what is in the way and what to do.
 */
public final class CudaRequirements {
  /**
   * The oldest driver for Linux that runs programs of CUDA 11.x, by NVIDIA's table of minor version
   * compatibility (docs.nvidia.com/deploy/cuda-compatibility).
   */
  private static final String OLDEST_DRIVER = "450.80.02";

  private static final String OR_THE_CPU =
      "use the jar for CPUs (leave out POLYSPARK_BACKEND=cuda)";

  private CudaRequirements() {}

  /**
   * Refuses a machine on which this JVM's back end would not run, before it is loaded. Does nothing
   * where the back end is not CUDA's.
   *
   * @throws UserError if there is no card that the back end runs on
   */
  public static void require() {
    if (Nd4jBackend.here() == Nd4jBackend.CUDA) {
      Holder.PROBLEM.ifPresent(
          problem -> {
            throw new UserError(problem);
          });
    }
  }

  /** Cards do not change while a JVM runs: they are asked for once. */
  private static final class Holder {
    static final Optional<String> PROBLEM = problem(NvidiaSmi.ask());
  }

  /** What keeps the back end from running on every card of a machine. */
  public static Optional<String> problem(NvidiaSmi found) {
    List<Optional<String>> ofCards =
        found.cards().stream().map(card -> driver(card).or(() -> code(card))).toList();
    return ofCards.stream().anyMatch(Optional::isEmpty)
        ? Optional.empty()
        : noCard(found).or(() -> ofCards.stream().flatMap(Optional::stream).findFirst());
  }

  /** Whether there is a card at all. */
  public static Optional<String> noCard(NvidiaSmi found) {
    return found
        .trouble()
        .map(
            trouble ->
                "The back end is CUDA's, but this machine has no GPU to run it on ("
                    + trouble
                    + "): take a machine with one, or "
                    + OR_THE_CPU
                    + ".");
  }

  /** Whether the driver is new enough. */
  public static Optional<String> driver(GraphicsCard card) {
    return compareVersions(card.driver(), OLDEST_DRIVER) >= 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "The NVIDIA driver is %s, but CUDA 11.6 needs %s or newer: install a newer driver.",
                card.driver(),
                OLDEST_DRIVER));
  }

  /** Whether the back end holds code for the card. */
  public static Optional<String> code(GraphicsCard card) {
    return card.runsNd4j()
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s has compute capability %s, but ND4J's CUDA back end holds machine code for %s:"
                    + " take a card of compute capability up to 8.9, or %s.",
                card.name(),
                card.capability(),
                GraphicsCard.nd4jCode(),
                OR_THE_CPU));
  }

  /**
   * Whether the card's memory is enough.
   *
   * @param needed bytes of a replica
   */
  public static Optional<String> memory(GraphicsCard card, long needed) {
    if (card.memory().isEmpty() || card.memory().getAsLong() >= needed) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s has %,d MiB of memory, but a replica of this model needs %,d MiB: take a smaller"
                + " batch or context, recompute: mlp or block, or a smaller model.",
            card.name(),
            card.memory().getAsLong() >> 20,
            needed >> 20));
  }

  /** Compares part by part, as numbers; a part that is none counts as 0. */
  private static int compareVersions(String one, String other) {
    String[] ones = one.split("\\.");
    String[] others = other.split("\\.");
    for (int i = 0; i < Math.max(ones.length, others.length); i++) {
      int order = Integer.compare(part(ones, i), part(others, i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static int part(String[] parts, int i) {
    return i < parts.length && parts[i].matches("\\d{1,9}") ? Integer.parseInt(parts[i]) : 0;
  }
}
