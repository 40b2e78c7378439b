package io.polyspark.train;

import io.polyspark.model.dl4j.Replica;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/**
 * The replicas of this executor that wait for their next round: making one costs native memory and
 * time, and every round overwrites all of its state, so it does not matter which task gets which.
 * Replicas of another run are freed.
 */
final class ReplicaPool {
  private static final Deque<Replica> WAITING = new ArrayDeque<>();
  private static String run = "";

  private ReplicaPool() {}

  /**
   * A replica that nobody else uses.
   *
   * @param runsKey what all replicas of a run have in common
   * @param create makes one where none waits
   */
  static Replica take(String runsKey, Supplier<Replica> create) {
    synchronized (WAITING) {
      if (!run.equals(runsKey)) {
        WAITING.forEach(Replica::close);
        WAITING.clear();
        run = runsKey;
      }
      Replica waiting = WAITING.poll();
      if (waiting != null) {
        return waiting;
      }
    }
    return create.get();
  }

  /** Gives a replica back, whatever state it is in. */
  static void give(String runsKey, Replica replica) {
    synchronized (WAITING) {
      if (run.equals(runsKey)) {
        WAITING.push(replica);
        return;
      }
    }
    replica.close();
  }
}
