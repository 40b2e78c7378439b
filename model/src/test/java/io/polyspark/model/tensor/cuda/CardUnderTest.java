package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Dtype;
import java.util.function.Consumer;

/**
 * The card that tests run on: this machine's with {@code -Dpolyspark.test.card=real}, else an
 * emulated one. Only {@code docs/benchmarks/card.sh} asks for the real one: Maven's tests have the
 * emulator's directory in their {@code LD_LIBRARY_PATH}, before CUDA's own.
 */
public final class CardUnderTest {
  private CardUnderTest() {}

  /** Makes it the one that CUDA's libraries of this JVM see; skips the test where it cannot be. */
  public static void require() {
    if (!isReal()) {
      EmulatedDevice.load();
    }
  }

  /**
   * Runs something in every order that barriers leave open to blocks and threads. A real card takes
   * an order of its own; there it is run as often.
   */
  public static void inEveryOrder(Consumer<EmulatedDevice.Schedule> run) {
    require();
    for (EmulatedDevice.Schedule schedule : EmulatedDevice.Schedule.values()) {
      try {
        order(schedule);
        run.accept(schedule);
      } finally {
        order(EmulatedDevice.Schedule.FORWARD);
      }
    }
  }

  private static void order(EmulatedDevice.Schedule schedule) {
    if (!isReal()) {
      try (CudaSession session = new CudaSession(0, Dtype.FLOAT32)) {
        // It is set in the context that this makes the thread's.
        session.card();
        EmulatedDevice.schedule(schedule);
      }
    }
  }

  /** Of its memory. */
  public static long freeBytes() {
    try (CudaSession session = new CudaSession(0, Dtype.FLOAT32)) {
      return session.card().freeBytes();
    }
  }

  /** Whether it is this machine's own. */
  public static boolean isReal() {
    return System.getProperty("polyspark.test.card", "emulated").equals("real");
  }
}
