package io.polyspark.train.averaging;

/**
 * In which numbers the replicas' deltas travel. All but {@link #FP32} round at random, without a
 * bias.
 */
public enum DeltaFormat {
  /** float32: 4 bytes an element, exact. */
  FP32,

  /** bfloat16: 2 bytes an element, each within a unit in the last of 8 places. */
  BF16,

  /** A byte an element and a scale per chunk, each within 1/127 of the chunk's largest. */
  INT8;

  DeltaCodec codec() {
    return switch (this) {
      case FP32 -> new Float32Deltas();
      case BF16 -> new Bfloat16Deltas();
      case INT8 -> new Int8Deltas();
    };
  }
}
