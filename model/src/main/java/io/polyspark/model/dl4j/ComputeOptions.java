package io.polyspark.model.dl4j;

import io.polyspark.model.transformer.Recompute;
import java.io.Serializable;

/**
 * How a run computes a model: what is no part of the model's configuration, because the parameters
 * mean the same whatever was chosen.
 *
 * @param recompute what the backward pass computes again instead of keeping it
 */
public record ComputeOptions(Recompute recompute) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Keeps everything for the backward pass. */
  public static final ComputeOptions DEFAULT = new ComputeOptions(Recompute.NONE);
}
