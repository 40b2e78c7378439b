package io.polyspark.model.tensor.vector;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_engine_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_get_effective_cpu_isa;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import org.bytedeco.dnnl.dnnl_engine;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * oneDNN in this process: its engine on the CPU, made at first use, and its threads. oneDNN takes
 * the threads that OpenMP has for whoever calls; ours call it for a part of the work each, so each
 * is to have one.
 */
final class OneDnn {
  private static final ThreadLocal<Boolean> ON_ONE_THREAD =
      ThreadLocal.withInitial(
          () -> {
            // ND4J's call sets the number for the calling thread, in the OpenMP that both share.
            NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(1);
            return true;
          });

  private OneDnn() {}

  /** Loads the library where it is first asked for. */
  private static final class Cpu {
    static final dnnl_engine ENGINE = create();

    private static dnnl_engine create() {
      dnnl_engine engine = new dnnl_engine();
      check(dnnl_engine_create(engine, dnnl_cpu, 0), "make an engine");
      return engine;
    }
  }

  /** The CPU, for the whole process. */
  static dnnl_engine engine() {
    return Cpu.ENGINE;
  }

  /** Whether the processor multiplies bfloat16 by instructions of its own. */
  static boolean multipliesBfloat16() {
    return engine() != null && dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core_bf16;
  }

  /** Whatever the calling thread has oneDNN do runs on this thread alone. */
  static void stayOnThisThread() {
    ON_ONE_THREAD.get();
  }

  /**
   * @param what was attempted, in words
   */
  static void check(int status, String what) {
    if (status != dnnl_success) {
      throw new IllegalStateException("oneDNN could not " + what + ": status " + status);
    }
  }
}
