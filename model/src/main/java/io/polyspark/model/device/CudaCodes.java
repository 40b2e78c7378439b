package io.polyspark.model.device;

/** Those of the driver's results (cuda.h) that are told apart. */
public final class CudaCodes {
  /** CUDA_SUCCESS. */
  public static final int SUCCESS = 0;

  /** CUDA_ERROR_OUT_OF_MEMORY. */
  public static final int OUT_OF_MEMORY = 2;

  /** CUDA_ERROR_DEVICE_UNAVAILABLE. */
  public static final int DEVICE_UNAVAILABLE = 46;

  /** CUDA_ERROR_INVALID_IMAGE. */
  public static final int INVALID_IMAGE = 200;

  /** CUDA_ERROR_INVALID_CONTEXT. */
  public static final int INVALID_CONTEXT = 201;

  /** CUDA_ERROR_NO_BINARY_FOR_GPU. */
  public static final int NO_BINARY_FOR_GPU = 209;

  /** CUDA_ERROR_ECC_UNCORRECTABLE. */
  public static final int UNCORRECTABLE_ECC = 214;

  /** CUDA_ERROR_NVLINK_UNCORRECTABLE. */
  public static final int NVLINK_UNCORRECTABLE = 220;

  /** CUDA_ERROR_CONTAINED. */
  public static final int CONTAINED = 226;

  /** CUDA_ERROR_ILLEGAL_ADDRESS. */
  public static final int ILLEGAL_ADDRESS = 700;

  /** CUDA_ERROR_LAUNCH_TIMEOUT. */
  public static final int LAUNCH_TIMEOUT = 702;

  /** CUDA_ERROR_CONTEXT_IS_DESTROYED. */
  public static final int CONTEXT_IS_DESTROYED = 709;

  /** CUDA_ERROR_HARDWARE_STACK_ERROR. */
  public static final int HARDWARE_STACK_ERROR = 714;

  /** CUDA_ERROR_ILLEGAL_INSTRUCTION. */
  public static final int ILLEGAL_INSTRUCTION = 715;

  /** CUDA_ERROR_MISALIGNED_ADDRESS. */
  public static final int MISALIGNED_ADDRESS = 716;

  /** CUDA_ERROR_INVALID_ADDRESS_SPACE. */
  public static final int INVALID_ADDRESS_SPACE = 717;

  /** CUDA_ERROR_INVALID_PC. */
  public static final int INVALID_PC = 718;

  /** CUDA_ERROR_LAUNCH_FAILED. */
  public static final int LAUNCH_FAILED = 719;

  /** CUDA_ERROR_EXTERNAL_DEVICE. */
  public static final int EXTERNAL_DEVICE = 911;

  /** CUDA_ERROR_UNKNOWN. */
  public static final int UNKNOWN = 999;

  private CudaCodes() {}
}
