package io.polyspark.model.transformer;

import io.polyspark.model.config.ModelConfig;

/** Floating-point operations. */
public final class Flops {
  private Flops() {}

  /** Of training on one token. */
  public static long perToken(ModelConfig config, int context) {
    long active = 0;
    for (ParameterLayout.Entry e : ParameterLayout.of(config).entries()) {
      if (e.name().equals(Names.EMBEDDING)) {
        continue;
      }
      active +=
          e.name().contains(".experts.")
              ? e.length() * config.numExpertsPerTok() / config.numExperts()
              : e.length();
    }
    return 6 * active + 6L * config.numHiddenLayers() * context * config.hiddenSize();
  }
}
