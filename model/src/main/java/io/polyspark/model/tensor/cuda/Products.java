package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;

/** The matrix products of {@link io.polyspark.model.tensor.Kernels}, with the same contracts. */
interface Products {
  /** {@code y[N, out] (+)= x[N, in] * weight[out, in]^T}. */
  void linear(Tensor x, Tensor weight, Tensor y, Into into);

  /** {@code dX[N, in] (+)= dY[N, out] * weight[out, in]}. */
  void linearInputGradient(Tensor dY, Tensor weight, Tensor dX, Into into);

  /** {@code dWeight[out, in] += dY[N, out]^T * x[N, in]}. */
  void linearWeightGradient(Tensor dY, Tensor x, Tensor dWeight);
}
