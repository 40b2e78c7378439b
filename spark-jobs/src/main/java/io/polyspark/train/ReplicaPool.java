package io.polyspark.train;

import io.polyspark.model.dl4j.Replica;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The replicas of this executor that wait for their next round: making one costs native memory and
 * time, and every round overwrites all of its state, so it does not matter which task gets which,
 * as long as it lies on the task's GPU. Replicas of another run are freed.
 */
final class ReplicaPool {
  private static final Map<List<String>, Deque<Replica>> WAITING = new HashMap<>();
  private static String run = "";

  private ReplicaPool() {}

  /**
   * What replicas that can stand for each other have in common.
   *
   * @param run what all replicas of a run have in common
   * @param gpus the addresses of the GPUs that their memory is on; empty for the CPU
   */
  record Place(String run, List<String> gpus) {}

  /**
   * A replica that nobody else uses.
   *
   * @param create makes one where none waits
   */
  static Replica take(Place place, Supplier<Replica> create) {
    synchronized (WAITING) {
      if (!run.equals(place.run)) {
        WAITING.values().forEach(replicas -> replicas.forEach(Replica::close));
        WAITING.clear();
        run = place.run;
      }
      Deque<Replica> waiting = WAITING.get(place.gpus);
      if (waiting != null && !waiting.isEmpty()) {
        return waiting.pop();
      }
    }
    return create.get();
  }

  /** Gives a replica back, whatever state it is in. */
  static void give(Place place, Replica replica) {
    synchronized (WAITING) {
      if (run.equals(place.run)) {
        WAITING.computeIfAbsent(place.gpus, gpus -> new ArrayDeque<>()).push(replica);
        return;
      }
    }
    replica.close();
  }
}
