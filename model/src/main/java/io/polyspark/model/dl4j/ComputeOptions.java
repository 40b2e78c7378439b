package io.polyspark.model.dl4j;

import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.transformer.Recompute;
import java.io.Serializable;

/**
 * How a run computes a model: what is no part of the model's configuration, because the parameters
 * mean the same whatever was chosen.
 *
 * @param recompute what the backward pass computes again instead of keeping it
 * @param dtype what matrix products read
 * @param device where; a network that DL4J itself trains computes where ND4J does, whatever this
 *     says
 */
public record ComputeOptions(Recompute recompute, Dtype dtype, Device device)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Keeps everything for the backward pass, and multiplies float32. */
  public static final ComputeOptions DEFAULT =
      new ComputeOptions(Recompute.NONE, Dtype.FLOAT32, Device.CPU);

  /** Where JSON of an earlier version leaves one out, it is the default. */
  public ComputeOptions {
    dtype = dtype == null ? Dtype.FLOAT32 : dtype;
    device = device == null ? Device.CPU : device;
  }

  /** Computed on the CPU. */
  public ComputeOptions(Recompute recompute, Dtype dtype) {
    this(recompute, dtype, Device.CPU);
  }

  /** These with another choice of what is recomputed. */
  public ComputeOptions withRecompute(Recompute other) {
    return new ComputeOptions(other, dtype, device);
  }

  /** These on another device. */
  public ComputeOptions withDevice(Device other) {
    return new ComputeOptions(recompute, dtype, other);
  }
}
