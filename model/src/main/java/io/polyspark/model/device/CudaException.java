package io.polyspark.model.device;

import java.util.Set;

/** A call of CUDA's that failed: a fault of ours, or a card that is lost. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Those that every later call of the process gives too, as cuda.h says of them, and those of a
   * context or a card that is not there.
   */
  private static final Set<Integer> LOST =
      Set.of(
          CudaCodes.DEVICE_UNAVAILABLE,
          CudaCodes.INVALID_CONTEXT,
          CudaCodes.UNCORRECTABLE_ECC,
          CudaCodes.NVLINK_UNCORRECTABLE,
          CudaCodes.CONTAINED,
          CudaCodes.ILLEGAL_ADDRESS,
          CudaCodes.LAUNCH_TIMEOUT,
          CudaCodes.CONTEXT_IS_DESTROYED,
          CudaCodes.HARDWARE_STACK_ERROR,
          CudaCodes.ILLEGAL_INSTRUCTION,
          CudaCodes.MISALIGNED_ADDRESS,
          CudaCodes.INVALID_ADDRESS_SPACE,
          CudaCodes.INVALID_PC,
          CudaCodes.LAUNCH_FAILED,
          CudaCodes.EXTERNAL_DEVICE,
          CudaCodes.UNKNOWN);

  private final transient int code;

  /**
   * @param call the function
   * @param code its result
   * @param name the result's
   * @param description what it means
   */
  public CudaException(String call, int code, String name, String description) {
    super(
        String.format(
            "%s failed with %s (%d): %s%s",
            call,
            name,
            code,
            description,
            LOST.contains(code) ? ". The card is lost to this process" : ""));
    this.code = code;
  }

  /** Whether nothing can be computed in the card's context any more. */
  public boolean isLost() {
    return LOST.contains(code);
  }
}
