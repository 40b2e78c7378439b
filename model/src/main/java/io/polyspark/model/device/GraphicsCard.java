package io.polyspark.model.device;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * A GPU of NVIDIA's.
 *
 * @param index its number on this machine, in the order of the PCI bus
 * @param uuid its name for machines
 * @param driver the version of the driver
 * @param memory bytes; empty where the driver does not say
 * @param capability its compute capability
 * @param name the maker's
 */
public record GraphicsCard(
    int index,
    String uuid,
    String driver,
    OptionalLong memory,
    Capability capability,
    String name) {
  /** A compute capability, such as 8.6: a card runs code of its major version, up to its minor. */
  public record Capability(int major, int minor) {
    boolean runs(Capability code) {
      return major == code.major && minor >= code.minor;
    }

    @Override
    public String toString() {
      return major + "." + minor;
    }
  }

  /**
   * What ND4J's CUDA artifacts (nd4j-cuda-11.4 and 11.6, 1.0.0-M2.1) hold machine code for, as read
   * off their fat binaries. They hold no PTX, which a driver could compile for newer cards.
   */
  private static final List<Capability> ND4J_CODE =
      List.of(
          new Capability(3, 7),
          new Capability(5, 0),
          new Capability(5, 2),
          new Capability(6, 0),
          new Capability(6, 1),
          new Capability(7, 0),
          new Capability(7, 5),
          new Capability(8, 0),
          new Capability(8, 6));

  /** The oldest that has instructions for bfloat16 and copies behind a computation's back. */
  private static final Capability OLDEST_FOR_OUR_KERNELS = new Capability(8, 0);

  /** Whether our own kernels can be compiled for it. */
  public boolean runsOurKernels() {
    return capability.major >= OLDEST_FOR_OUR_KERNELS.major;
  }

  /** The oldest compute capability that our own kernels are compiled for. */
  public static Capability oldestForOurKernels() {
    return OLDEST_FOR_OUR_KERNELS;
  }

  /** Whether ND4J's CUDA artifacts hold code that it runs. */
  public boolean runsNd4j() {
    return ND4J_CODE.stream().anyMatch(capability::runs);
  }

  /** What they hold, for a sentence. */
  public static String nd4jCode() {
    return ND4J_CODE.stream().map(Capability::toString).collect(Collectors.joining(", "))
        + " and no PTX";
  }
}
