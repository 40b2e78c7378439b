package io.polyspark.model.tensor.vector;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of this JVM that compute: as many as {@code OMP_NUM_THREADS} says, else one per core.
 * Who asks for work to be done takes part in it. How work is split depends on the number of threads
 * alone, never on who is free, so that sums over the parts have the same bits on every run: where
 * the threads are busy for another replica, the caller does all parts itself.
 */
final class Workers {
  /** One of the parts into which work is split. */
  interface Task {
    void run(int part);
  }

  /** About 20 microseconds on current processors: the pause between two kernels of a step. */
  private static final int SPINS = 500;

  private static final Workers SHARED = new Workers(threadsOfThisJvm());

  private final Helper[] helpers;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger running = new AtomicInteger();
  private volatile Thread waiting;
  private volatile Throwable failure;

  private Workers(int threads) {
    this.helpers = new Helper[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Helper(i + 1);
      helpers[i].start();
    }
  }

  /** The one set of threads. */
  static Workers shared() {
    return SHARED;
  }

  private static int threadsOfThisJvm() {
    String given = System.getenv("OMP_NUM_THREADS");
    if (given != null && given.strip().matches("[1-9][0-9]{0,3}")) {
      return Integer.parseInt(given.strip());
    }
    return Runtime.getRuntime().availableProcessors();
  }

  /** The number of threads, the caller's included. */
  int threads() {
    return helpers.length + 1;
  }

  /** The number of parts worth splitting into, where a part should do no less than this much. */
  int parts(long work, long least) {
    return (int) Math.max(1, Math.min(threads(), work / least));
  }

  /** Where a part begins, of a range [0, length) cut at multiples of {@code grain}. */
  static long begin(long length, int part, int parts, int grain) {
    long grains = (length + grain - 1) / grain;
    return Math.min(length, grains * part / parts * grain);
  }

  /**
   * Runs the parts and returns when all are done.
   *
   * @param parts at most {@link #threads}
   */
  void run(int parts, Task task) {
    if (parts == 1) {
      task.run(0);
    } else if (busy.compareAndSet(false, true)) {
      try {
        share(parts, task);
      } finally {
        busy.set(false);
      }
    } else {
      for (int part = 0; part < parts; part++) {
        task.run(part);
      }
    }
  }

  private void share(int parts, Task task) {
    failure = null;
    waiting = null;
    running.set(parts - 1);
    for (int part = 1; part < parts; part++) {
      helpers[part - 1].give(task);
    }
    try {
      task.run(0);
    } finally {
      awaitHelpers();
    }
    if (failure != null) {
      throw new IllegalStateException("A part of an operation failed", failure);
    }
  }

  private void awaitHelpers() {
    for (int spin = 0; spin < SPINS && running.get() > 0; spin++) {
      Thread.onSpinWait();
    }
    if (running.get() > 0) {
      waiting = Thread.currentThread();
      while (running.get() > 0) {
        LockSupport.park(this);
      }
    }
  }

  private void done() {
    if (running.decrementAndGet() == 0) {
      Thread caller = waiting;
      if (caller != null) {
        LockSupport.unpark(caller);
      }
    }
  }

  /** A thread that waits for its part of whatever comes, and never keeps the JVM alive. */
  private final class Helper extends Thread {
    private final int part;
    private volatile Task task;
    private volatile boolean parked;

    Helper(int part) {
      super("kernels-" + part);
      this.part = part;
      setDaemon(true);
    }

    void give(Task next) {
      task = next;
      if (parked) {
        LockSupport.unpark(this);
      }
    }

    @Override
    public void run() {
      while (true) {
        Task next = await();
        task = null;
        try {
          next.run(part);
        } catch (Throwable e) {
          failure = e;
        }
        done();
      }
    }

    private Task await() {
      for (int spin = 0; spin < SPINS; spin++) {
        Task next = task;
        if (next != null) {
          return next;
        }
        Thread.onSpinWait();
      }
      parked = true;
      while (task == null) {
        LockSupport.park(this);
      }
      parked = false;
      return task;
    }
  }
}
