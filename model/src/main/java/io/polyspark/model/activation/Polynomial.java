package io.polyspark.model.activation;

import java.util.List;

/** What the polynomial activations of order 3 have in common. */
final class Polynomial {
  /** a_1 to a_3 start at 1/3 and a_0 at 0 (arXiv 2411.03884, section 3); highest power first. */
  static final List<MlpActivation.Coefficients> COEFFICIENTS =
      List.of(
          new MlpActivation.Coefficients("weight", List.of(1.0 / 3, 1.0 / 3, 1.0 / 3)),
          new MlpActivation.Coefficients("bias", List.of(0.0)));

  private Polynomial() {}
}
