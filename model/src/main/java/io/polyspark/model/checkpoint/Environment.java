package io.polyspark.model.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What the bits of a run depend on besides its configuration and its data. A run that is resumed in
 * another environment goes on, but not bit for bit as it would have.
 *
 * @param threadsPerTask threads that one replica computes with
 * @param kernels name of the kernel implementation
 * @param blasCore core type that the BLAS library chose its code for, say {@code SkylakeX}
 * @param jdk version of the Java runtime
 */
public record Environment(int threadsPerTask, String kernels, String blasCore, String jdk) {

  /** Requires every name. */
  public Environment {
    Objects.requireNonNull(kernels, "kernels");
    Objects.requireNonNull(blasCore, "blasCore");
    Objects.requireNonNull(jdk, "jdk");
  }

  /**
   * What differs between this environment, in which a checkpoint was written, and the one in which
   * it is resumed; one clause each, such as {@code "the number of threads per task was 1 and is
   * 2"}; empty where the two are the same.
   */
  public List<String> differences(Environment now) {
    List<String> differences = new ArrayList<>();
    compare("the number of threads per task", threadsPerTask, now.threadsPerTask, differences);
    compare("the kernel implementation", kernels, now.kernels, differences);
    compare("the BLAS core type", blasCore, now.blasCore, differences);
    compare("the JDK", jdk, now.jdk, differences);
    return differences;
  }

  private static void compare(String what, Object before, Object now, List<String> differences) {
    if (!before.equals(now)) {
      differences.add(String.format("%s was %s and is %s", what, before, now));
    }
  }
}
