package io.polyspark.model.dl4j;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.transformer.Recompute;
import java.io.Serializable;

/**
 * How a run computes a model: what is no part of the model's configuration, because the parameters
 * mean the same whatever was chosen.
 *
 * @param recompute what the backward pass computes again instead of keeping it
 * @param dtype what matrix products read
 */
public record ComputeOptions(Recompute recompute, Dtype dtype) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Keeps everything for the backward pass, and multiplies float32. */
  public static final ComputeOptions DEFAULT = new ComputeOptions(Recompute.NONE, Dtype.FLOAT32);

  /** Where JSON of an earlier version leaves one out, it is the default. */
  public ComputeOptions {
    dtype = dtype == null ? Dtype.FLOAT32 : dtype;
  }

  /** These with another choice of what is recomputed. */
  public ComputeOptions withRecompute(Recompute other) {
    return new ComputeOptions(other, dtype);
  }
}
