package io.polyspark.model.tensor.cuda;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * What kernels are compiled for.
 *
 * @param name such as {@code sm_90a}, or {@code compute_120} for PTX, which the driver compiles on
 * @param isMachineCode whether the card runs it as it is
 */
record Architecture(String name, boolean isMachineCode) {
  /** Hopper's and Blackwell's variants with all their instructions run on no other card. */
  private static final int FIRST_WITH_VARIANTS = 90;

  /**
   * For a card, by a compiler: machine code of the card's own capability, else of a lower one of
   * the same major version, which it runs too; PTX of the newest where the compiler is older than
   * the card.
   *
   * @param supported what the compiler knows, ascending
   */
  static Architecture of(int major, int minor, int[] supported) {
    int wanted = 10 * major + minor;
    OptionalInt best =
        Arrays.stream(supported).filter(known -> known / 10 == major && known <= wanted).max();
    if (best.isPresent()) {
      String variant = best.getAsInt() == wanted && wanted >= FIRST_WITH_VARIANTS ? "a" : "";
      return new Architecture("sm_" + best.getAsInt() + variant, true);
    }
    int newest =
        Arrays.stream(supported)
            .filter(known -> known <= wanted)
            .max()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "NVRTC compiles for no card as old as " + major + "." + minor));
    return new Architecture("compute_" + newest, false);
  }

  /** The compiler's option. */
  String option() {
    return "--gpu-architecture=" + name;
  }
}
