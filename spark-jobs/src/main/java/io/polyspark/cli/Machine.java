package io.polyspark.cli;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The machine (or container) that the driver runs on.
 *
 * @param cores processors
 * @param memory bytes of memory
 */
record Machine(int cores, long memory) {
  static Machine here() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return new Machine(Runtime.getRuntime().availableProcessors(), system.getTotalMemorySize());
  }
}
