package io.polyspark.model.tensor;

/**
 * What the matrix products of a model in float32 read. They sum in float32 either way, and all
 * other arithmetic, the master weights and the optimizer's state are float32.
 */
public enum Dtype {
  /** The numbers as they are. */
  FLOAT32,
  /** The numbers without the lower 13 bits of their significands, as NVIDIA's cards can. */
  TF32,
  /** The numbers rounded to bfloat16, to the nearest and ties to even. */
  BF16
}
