package io.polyspark.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The processor that this JVM runs on.
 *
 * @param name its maker's name for it, or its architecture where the system does not say
 * @param vectorBits the widest vectors that the JVM computes with; empty where the JVM does not say
 */
record Processor(String name, OptionalInt vectorBits) {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  static Processor here() {
    return new Processor(modelName(), widestVector());
  }

  private static String modelName() {
    try (Stream<String> lines = Files.lines(PROCESSORS)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElseGet(Processor::architecture);
    } catch (IOException e) {
      // No Linux, or a sandbox that hides it.
      return architecture();
    }
  }

  private static String architecture() {
    return System.getProperty("os.arch");
  }

  private static OptionalInt widestVector() {
    try {
      HotSpotDiagnosticMXBean jvm =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      int bytes = Integer.parseInt(jvm.getVMOption("MaxVectorSize").getValue());
      return OptionalInt.of(bytes * Byte.SIZE);
    } catch (IllegalArgumentException e) {
      // Only the optimizing compiler of HotSpot has the option.
      return OptionalInt.empty();
    }
  }
}
