package io.polyspark.preflight;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Checks of the memory of the machine, or container, that they run on. */
final class MemoryChecks {
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final String AVAILABLE = "MemAvailable:";

  private MemoryChecks() {}

  /**
   * Whether what this JVM will take beside its heap is there.
   *
   * @param nativeBytes memory outside the heap
   */
  static Finding outsideTheHeap(long nativeBytes) {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return outsideTheHeap(
        nativeBytes, Runtime.getRuntime().maxMemory(), system.getTotalMemorySize(), available());
  }

  static Finding outsideTheHeap(long nativeBytes, long heap, long total, OptionalLong available) {
    if (heap + nativeBytes > total) {
      return Finding.fail(
          "memory",
          "There are %,d MiB of memory, but this JVM takes %,d MiB of heap and %,d MiB outside it:"
              + " give it less spark.executor.memory or a larger machine, or take a smaller batch.",
          total >> 20,
          heap >> 20,
          nativeBytes >> 20);
    }
    if (available.isPresent() && available.getAsLong() < nativeBytes) {
      return Finding.warn(
          "memory",
          "%,d MiB of memory are free, but a replica takes %,d MiB outside the heap: end other"
              + " programs, or run fewer executors on this machine.",
          available.getAsLong() >> 20,
          nativeBytes >> 20);
    }
    return Finding.ok(
        "memory",
        "%,d MiB, of which a replica takes %,d outside the heap",
        total >> 20,
        nativeBytes >> 20);
  }

  /** What the system could give without taking it from others; empty where it does not say. */
  private static OptionalLong available() {
    try (Stream<String> lines = Files.lines(MEMORY)) {
      return lines
          .filter(line -> line.startsWith(AVAILABLE))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst();
    } catch (IOException e) {
      // No Linux, or a sandbox that hides it.
      return OptionalLong.empty();
    }
  }
}
