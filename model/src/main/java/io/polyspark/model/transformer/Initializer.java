package io.polyspark.model.transformer;

import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.FlatVector;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Initial parameters: weights normal(0, {@code initializer_range}), those of projections back into
 * the residual stream ({@code o_proj}, {@code down_proj}) divided by sqrt(2L), norms 1, activation
 * coefficients as the activation says. Each parameter has a generator of its own, keyed by the seed
 * and its name, so that the same numbers come out on every machine and whatever else the model
 * holds.
 */
public final class Initializer {
  private static final int PIECE = 1 << 16;

  private final ModelConfig config;

  public Initializer(ModelConfig config) {
    this.config = config;
  }

  /** Fills a vector as long as the model's {@link ParameterLayout}. */
  public void initialize(long seed, FlatVector parameters) {
    for (ParameterLayout.Entry entry : ParameterLayout.of(config).entries()) {
      if (entry.shape().size() == 2) {
        normal(entry, seed, parameters);
      } else {
        constant(entry, parameters);
      }
    }
  }

  private void normal(ParameterLayout.Entry entry, long seed, FlatVector parameters) {
    boolean residual =
        entry.name().endsWith("o_proj.weight") || entry.name().endsWith("down_proj.weight");
    double deviation =
        config.initializerRange() / (residual ? Math.sqrt(2.0 * config.numHiddenLayers()) : 1);
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + hash(entry.name()));
    float[] piece = new float[(int) Math.min(PIECE, entry.length())];
    for (long at = 0; at < entry.length(); at += piece.length) {
      int count = (int) Math.min(piece.length, entry.length() - at);
      for (int i = 0; i < count; i++) {
        piece[i] = (float) (deviation * standardNormal(random));
      }
      parameters.write(entry.offset() + at, piece, 0, count);
    }
  }

  /** Box and Muller's transform; StrictMath, so that the bits do not depend on the JVM. */
  private static double standardNormal(SplittableRandom random) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
    return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
  }

  /** FNV-1a, 64 bits. */
  private static long hash(String name) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001B3L;
    }
    return hash;
  }

  private void constant(ParameterLayout.Entry entry, FlatVector parameters) {
    float[] values = new float[Math.toIntExact(entry.length())];
    List<Double> coefficients = coefficients(entry.name());
    if (coefficients.isEmpty()) {
      Arrays.fill(values, 1f);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = coefficients.get(i).floatValue();
      }
    }
    parameters.write(entry.offset(), values, 0, values.length);
  }

  /** The initial values of an activation's vector; empty for a norm's weight. */
  private List<Double> coefficients(String name) {
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      Names names = new Names(layer);
      for (MlpActivation.Coefficients vector :
          Activations.named(config.hiddenAct().get(layer)).coefficients()) {
        if (name.equals(names.activation(vector.name()))) {
          return vector.initial();
        }
      }
    }
    return List.of();
  }
}
