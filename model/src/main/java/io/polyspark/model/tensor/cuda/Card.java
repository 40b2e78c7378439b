package io.polyspark.model.tensor.cuda;

import io.polyspark.model.device.CudaCodes;
import io.polyspark.model.device.CudaException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.SizeTPointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A card and its primary context, which all of this process share. */
final class Card {
  private static final Logger LOG = LoggerFactory.getLogger(Card.class);
  private static final Map<Integer, Card> OPEN = new ConcurrentHashMap<>();

  private final int ordinal;
  private final int handle;
  private final CUctx_st context;
  private final int major;
  private final int minor;
  private final int multiprocessors;
  private final KernelLibrary kernels;
  private volatile boolean lost;

  private Card(int ordinal) {
    this.ordinal = ordinal;
    Driver.check(cudart.cuInit(0), "cuInit");
    int[] device = new int[1];
    Driver.check(cudart.cuDeviceGet(device, ordinal), "cuDeviceGet");
    this.handle = device[0];
    this.context = new CUctx_st();
    Driver.check(cudart.cuDevicePrimaryCtxRetain(context, handle), "cuDevicePrimaryCtxRetain");
    this.major = attribute(cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    this.minor = attribute(cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    this.multiprocessors = attribute(cudart.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    Driver.check(use(), "cuCtxSetCurrent");
    this.kernels = new KernelLibrary(KernelCompiler.forCapability(major, minor));
  }

  /**
   * The card of a number, as CUDA counts those that this process sees.
   *
   * @throws CudaException if there is none, or it is lost
   */
  static Card open(int ordinal) {
    return OPEN.computeIfAbsent(ordinal, Card::new);
  }

  /** Makes it the card of the calling thread, and says how that went. */
  int use() {
    return cudart.cuCtxSetCurrent(context);
  }

  /**
   * Forgets a context in which nothing can be computed any more, with all its memory, so that
   * whoever comes next opens the card anew.
   */
  void abandon() {
    lost = true;
    if (OPEN.remove(ordinal, this)) {
      LOG.warn("GPU {} is lost to this process; its context is thrown away", ordinal);
      int result = cudart.cuDevicePrimaryCtxReset(handle);
      if (result != CudaCodes.SUCCESS) {
        LOG.warn(
            "Its context cannot be reset", Driver.exception(result, "cuDevicePrimaryCtxReset"));
      }
    }
  }

  /** Whether its context has been thrown away, and with it all that lay in its memory. */
  boolean isLost() {
    return lost;
  }

  /** What it computes by. */
  KernelLibrary kernels() {
    return kernels;
  }

  /** Its streaming multiprocessors. */
  int multiprocessors() {
    return multiprocessors;
  }

  /** Its compute capability, such as 9.0. */
  String capability() {
    return major + "." + minor;
  }

  /** Bytes of its memory that nobody has taken; it is the calling thread's card. */
  long freeBytes() {
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      Driver.check(cudart.cuMemGetInfo(free, total), "cuMemGetInfo");
      return free.get();
    }
  }

  private int attribute(int which) {
    int[] value = new int[1];
    Driver.check(cudart.cuDeviceGetAttribute(value, which, handle), "cuDeviceGetAttribute");
    return value[0];
  }
}
