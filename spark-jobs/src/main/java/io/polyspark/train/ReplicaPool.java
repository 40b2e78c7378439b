package io.polyspark.train;

import io.polyspark.model.device.CudaException;
import io.polyspark.model.dl4j.Replica;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicas of this executor that wait for their next round: making one costs native memory and
 * time, and every round overwrites all of its state, so it does not matter which task gets which,
 * as long as it is of the task's run and lies on its GPU. Where several runs train side by side, an
 * executor meets them in turns and keeps replicas of each, as far as memory goes: those that have
 * waited longest are freed first, those of runs that are over among them.
 */
final class ReplicaPool {
  /** So many of other runs may wait while a run's are given back. */
  private static final int MOST_OF_OTHERS = 8;

  private static final Logger LOG = LoggerFactory.getLogger(ReplicaPool.class);

  /** The newest last. */
  private static final Deque<Waiting> WAITING = new ArrayDeque<>();

  private ReplicaPool() {}

  /**
   * What replicas that can stand for each other have in common.
   *
   * @param run what all replicas of a run have in common
   * @param gpus the addresses of the GPUs that their memory is on; empty for the CPU
   */
  record Place(String run, List<String> gpus) {
    /** Memory of a GPU is not counted here: there one run's replicas make way for another's. */
    private boolean isInTheWayOf(Place other) {
      return !gpus.isEmpty() && gpus.equals(other.gpus) && !run.equals(other.run);
    }
  }

  private record Waiting(Place place, Replica replica) {}

  /**
   * A replica that nobody else uses.
   *
   * @param bytes native memory that its task needs, itself included
   * @param create makes one where none waits
   */
  static Replica take(Place place, long bytes, Supplier<Replica> create) {
    synchronized (WAITING) {
      Optional<Replica> waiting = remove(place);
      if (waiting.isPresent()) {
        return waiting.get();
      }
      freeWhatIsInTheWayOf(place);
      while (!WAITING.isEmpty() && isShort(bytes)) {
        WAITING.removeFirst().replica.close();
      }
    }
    return create.get();
  }

  /** A quarter is left to what measures models beside the replicas that wait. */
  private static boolean isShort(long bytes) {
    long most = Pointer.maxBytes();
    return most > 0 && Pointer.totalBytes() + bytes > most / 4 * 3;
  }

  private static Optional<Replica> remove(Place place) {
    for (Iterator<Waiting> newest = WAITING.descendingIterator(); newest.hasNext(); ) {
      Waiting next = newest.next();
      if (next.place.equals(place)) {
        newest.remove();
        return Optional.of(next.replica);
      }
    }
    return Optional.empty();
  }

  private static void freeWhatIsInTheWayOf(Place place) {
    for (Iterator<Waiting> all = WAITING.iterator(); all.hasNext(); ) {
      Waiting next = all.next();
      if (next.place.isInTheWayOf(place)) {
        all.remove();
        next.replica.close();
      }
    }
  }

  /**
   * Frees a replica whose card has failed, and all that wait on it: they may have lost their memory
   * with it.
   */
  static void giveUp(Place place, Replica replica) {
    List<Replica> broken = new ArrayList<>();
    broken.add(replica);
    synchronized (WAITING) {
      for (Iterator<Waiting> all = WAITING.iterator(); all.hasNext(); ) {
        Waiting next = all.next();
        if (next.place.gpus.equals(place.gpus)) {
          all.remove();
          broken.add(next.replica);
        }
      }
    }
    for (Replica each : broken) {
      try {
        each.close();
      } catch (CudaException e) {
        LOG.warn("The memory of a replica on a card that has failed cannot be freed", e);
      }
    }
  }

  /** Gives a replica back, whatever state it is in. */
  static void give(Place place, Replica replica) {
    synchronized (WAITING) {
      WAITING.addLast(new Waiting(place, replica));
      List<Waiting> others = WAITING.stream().filter(next -> !next.place.equals(place)).toList();
      if (others.size() > MOST_OF_OTHERS) {
        WAITING.remove(others.get(0));
        others.get(0).replica.close();
      }
    }
  }
}
