package io.polyspark.train;

import io.polyspark.model.config.UserError;

/**
 * Holds the replicas of a run to the kernels of its first one. On different devices, or on cards of
 * different kinds, they would round differently in every round, by where Spark puts them.
 */
final class KernelsOfRun {
  private StepLog first;

  /**
   * Compares a replica's with those before.
   *
   * @throws UserError naming both executors if they are of different kinds
   */
  void require(StepLog replica) {
    if (first == null) {
      first = replica;
    }
    String before = first.environment().kernels();
    String here = replica.environment().kernels();
    if (!kind(here).equals(kind(before))) {
      throw UserError.of(
          "All replicas of a run compute by the same kernels, but those of %s are '%s' and those of"
              + " %s are '%s': leave the machines of one kind out, or give a device that all of"
              + " them have.",
          first.where(), before, replica.where(), here);
    }
  }

  /** CPUs with vectors of different lengths go together; cards of different kinds do not. */
  private static String kind(String kernels) {
    return kernels.startsWith("cuda") ? kernels : kernels.split("[ ,]", 2)[0];
  }
}
