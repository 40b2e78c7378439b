package io.polyspark.model.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.systems.global.linux;

/**
 * The processor type whose code OpenBLAS runs. OpenBLAS looks the processor's model number up in a
 * list, and falls back to code from before AVX where the model is newer than the list: a fifth of
 * the speed on Intel's Emerald Rapids with the release that ND4J brings. So on Linux we name the
 * type ourselves, by what the processor can do rather than by its number, unless the user has
 * (environment variable {@code OPENBLAS_CORETYPE}). OpenBLAS reads the variable when it is loaded.
 */
public final class BlasCore {
  private static final String VARIABLE = "OPENBLAS_CORETYPE";
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Set<String> AVX2 = Set.of("avx2", "fma");
  private static final Set<String> AVX512 =
      Set.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl");
  private static final Set<String> VENDORS = Set.of("GenuineIntel", "AuthenticAMD");
  private static final String CHOSEN = choose();

  private BlasCore() {}

  /** The type of this JVM, which is settled when this returns: for use before ND4J is loaded. */
  public static String settle() {
    return CHOSEN;
  }

  private static String choose() {
    String given = System.getenv(VARIABLE);
    if (given != null && !given.isEmpty()) {
      return given;
    }
    Optional<String> type = runsLinuxOnX86() ? typeOf(processors()) : Optional.empty();
    type.ifPresent(name -> linux.setenv(VARIABLE, name, 1));
    return type.orElseGet(() -> "OpenBLAS's choice for " + System.getProperty("os.arch"));
  }

  private static boolean runsLinuxOnX86() {
    return System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64");
  }

  private static String processors() {
    try {
      return Files.readString(PROCESSORS);
    } catch (IOException e) {
      // Some sandboxes hide it; OpenBLAS then asks the processor itself.
      return "";
    }
  }

  /**
   * The type that OpenBLAS has for a processor.
   *
   * @param processors in the format of Linux's {@code /proc/cpuinfo}
   * @return none where OpenBLAS should choose: before AVX2, and where vendor or flags are not known
   */
  static Optional<String> typeOf(String processors) {
    String vendor = field("vendor_id", processors);
    List<String> flags = Arrays.asList(field("flags", processors).split("\\s+"));
    if (!flags.containsAll(AVX2)) {
      return Optional.empty();
    }
    if (flags.containsAll(AVX512)) {
      // On AMD too: the code for Zen is AVX2's, and slower on small matrices.
      return VENDORS.contains(vendor) ? Optional.of("SKYLAKEX") : Optional.empty();
    }
    return switch (vendor) {
      case "GenuineIntel" -> Optional.of("HASWELL");
      case "AuthenticAMD" -> Optional.of("ZEN");
      default -> Optional.empty();
    };
  }

  private static String field(String name, String processors) {
    Matcher matcher = Pattern.compile("(?m)^" + name + "\\s*:(.*)$").matcher(processors);
    return matcher.find() ? matcher.group(1).strip() : "";
  }
}
