package io.polyspark.model.device;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.Device;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What one of the two ways to compute on a GPU asks of a machine and its cards. Each question is
 * answered by nothing, or by the sentence that says what is in the way and what to do.
 */
public enum CudaRequirements {
  /** ND4J's CUDA back end, in a jar of its own. */
  OF_ND4J(
      // By NVIDIA's table of minor version compatibility for CUDA 11.x on Linux
      // (docs.nvidia.com/deploy/cuda-compatibility).
      "450.80.02", "CUDA 11.6", CudaLibraries.OF_ND4J) {
    @Override
    String noCardSentence(String trouble) {
      return "The back end is CUDA's, but this machine has no GPU to run it on ("
          + trouble
          + "): take a machine with one, or use the default jar (leave out"
          + " POLYSPARK_BACKEND=cuda).";
    }

    @Override
    boolean runs(GraphicsCard card) {
      return card.runsNd4j();
    }

    @Override
    String codeSentence(GraphicsCard card) {
      return String.format(
          Locale.ROOT,
          "%s has compute capability %s, but ND4J's CUDA back end holds machine code for %s: %s.",
          card.name(),
          card.capability(),
          GraphicsCard.nd4jCode(),
          card.runsOurKernels()
              ? "use the default jar, whose own kernels run on it (leave out"
                  + " POLYSPARK_BACKEND=cuda)"
              : "take a card of compute capability up to 8.9, or use the default jar (leave out"
                  + " POLYSPARK_BACKEND=cuda)");
    }

    @Override
    String whatTakesLess() {
      return "a smaller batch or context, recompute: mlp or block, or a smaller model";
    }
  },

  /** The kernels of our own, in the default jar. */
  OF_OUR_KERNELS(
      // By NVIDIA's table for CUDA 13.x on Linux.
      "580.65.06", "CUDA 13", CudaLibraries.OF_OUR_KERNELS) {
    @Override
    String noCardSentence(String trouble) {
      return "device: cuda needs a GPU of NVIDIA's, but this machine has none ("
          + trouble
          + "): take a machine with one, or device: cpu.";
    }

    @Override
    boolean runs(GraphicsCard card) {
      return card.runsOurKernels();
    }

    @Override
    String codeSentence(GraphicsCard card) {
      return String.format(
          Locale.ROOT,
          "%s has compute capability %s, but PolySpark's kernels need %s or newer: take a newer"
              + " card,%s or device: cpu.",
          card.name(),
          card.capability(),
          GraphicsCard.oldestForOurKernels(),
          card.runsNd4j() ? " ND4J's back end (POLYSPARK_BACKEND=cuda)," : "");
    }

    @Override
    String whatTakesLess() {
      return "a smaller batch or context, recompute: mlp or block, dtype: bf16, a smaller model, or"
          + " device: cpu";
    }
  };

  private final String oldestDriver;
  private final String cuda;
  private final CudaLibraries libraries;

  CudaRequirements(String oldestDriver, String cuda, CudaLibraries libraries) {
    this.oldestDriver = oldestDriver;
    this.cuda = cuda;
    this.libraries = libraries;
  }

  /** Of the way that this JVM would compute on a GPU. */
  public static CudaRequirements here() {
    return of(Nd4jBackend.here());
  }

  /** Of the way that a JVM with a back end of ND4J's computes on a GPU. */
  public static CudaRequirements of(Nd4jBackend backend) {
    return backend == Nd4jBackend.CUDA ? OF_ND4J : OF_OUR_KERNELS;
  }

  /**
   * Refuses a machine on which this JVM could not compute on a device, before anything of CUDA's is
   * loaded. Where ND4J's CUDA back end is on the class path everything computes by it.
   *
   * @throws UserError if there is no card that would compute, or no library for it
   */
  public static void require(Device device) {
    if (Nd4jBackend.here() == Nd4jBackend.CUDA || device == Device.CUDA) {
      Holder.PROBLEM.ifPresent(
          problem -> {
            throw new UserError(problem);
          });
    }
  }

  /** As the other, of what ND4J itself computes with. */
  public static void require() {
    require(Device.CPU);
  }

  /** Cards and libraries do not change while a JVM runs: they are asked for once. */
  private static final class Holder {
    static final Optional<String> PROBLEM = problemHere();

    private static Optional<String> problemHere() {
      Optional<String> ofCards = here().problem(NvidiaSmi.ask().visible());
      // What ND4J's back end lacks, its own loader says; another place of it would do as well.
      return here() == OF_ND4J ? ofCards : ofCards.or(here().libraries::problem);
    }
  }

  /** What keeps it from running on every card of a machine. */
  public Optional<String> problem(NvidiaSmi found) {
    List<Optional<String>> ofCards = found.cards().stream().map(this::problem).toList();
    return ofCards.stream().anyMatch(Optional::isEmpty)
        ? Optional.empty()
        : noCard(found).or(() -> ofCards.stream().flatMap(Optional::stream).findFirst());
  }

  /**
   * What keeps it from running on a card: no driver makes up for a card that it has no code for.
   */
  public Optional<String> problem(GraphicsCard card) {
    return code(card).or(() -> driver(card));
  }

  /** Whether there is a card at all. */
  public Optional<String> noCard(NvidiaSmi found) {
    return found.trouble().map(this::noCardSentence);
  }

  /** Whether the driver is new enough. */
  public Optional<String> driver(GraphicsCard card) {
    return compareVersions(card.driver(), oldestDriver) >= 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "The NVIDIA driver is %s, but %s needs %s or newer: install a newer driver%s.",
                card.driver(),
                cuda,
                oldestDriver,
                this == OF_OUR_KERNELS ? ", or take device: cpu" : ""));
  }

  /** The oldest driver that will do. */
  public String oldestDriver() {
    return oldestDriver;
  }

  /** Whether there is code for the card. */
  public Optional<String> code(GraphicsCard card) {
    return runs(card) ? Optional.empty() : Optional.of(codeSentence(card));
  }

  /** The libraries that it needs. */
  public CudaLibraries libraries() {
    return libraries;
  }

  /**
   * Whether the card's memory is enough.
   *
   * @param needed bytes of a replica
   */
  public Optional<String> memory(GraphicsCard card, long needed) {
    if (card.memory().isEmpty() || card.memory().getAsLong() >= needed) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s has %,d MiB of memory, but a replica of this model needs %,d MiB: take %s.",
            card.name(),
            card.memory().getAsLong() >> 20,
            needed >> 20,
            whatTakesLess()));
  }

  abstract String noCardSentence(String trouble);

  abstract boolean runs(GraphicsCard card);

  abstract String codeSentence(GraphicsCard card);

  abstract String whatTakesLess();

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
