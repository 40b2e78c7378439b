package io.polyspark.model.transformer;

import io.polyspark.model.tensor.Tensor;

/**
 * What one layer's attention reads of earlier positions; T positions, C the width of all key-value
 * heads.
 *
 * @param keys [T, C], turned to their positions
 * @param values [T, C]
 */
record KeyValueCache(Tensor keys, Tensor values) {}
