package io.polyspark.model.tensor.operations;

import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Numbers that only the seed and the sizes decide, exact in float32, and by name what operations
 * made of them, so that implementations can be held against each other.
 */
public final class InputsAndResults {
  private final Kernels kernels;
  private final double scale;
  private final Random random = new Random(17);
  private final Map<String, double[]> results = new LinkedHashMap<>();

  /**
   * @param scale the standard deviation of what {@link #normal} gives
   */
  public InputsAndResults(Kernels kernels, double scale) {
    this.kernels = kernels;
    this.scale = scale;
  }

  Kernels kernels() {
    return kernels;
  }

  /** Every third row is zero. */
  public Tensor normal(int rows, int columns) {
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      boolean zero = i / columns % 3 == 2;
      values[i] = zero ? 0 : (float) (scale * random.nextGaussian());
    }
    return upload(values, rows, columns);
  }

  /** In [0, 1). */
  public Tensor uniform(int rows, int columns) {
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return upload(values, rows, columns);
  }

  /** For what is overwritten: what it held before shows in the result. */
  public Tensor unset(int rows, int columns) {
    double[] values = new double[rows * columns];
    Arrays.fill(values, Double.NaN);
    return upload(values, rows, columns);
  }

  public Tensor upload(double[] values, int rows, int columns) {
    Tensor tensor = kernels.allocate(rows, columns);
    kernels.upload(values, tensor);
    return tensor;
  }

  /** The first is 0 and the last the greatest. */
  Indices indices(int count, int below) {
    int[] ids = random.ints(count, 0, below).toArray();
    ids[0] = 0;
    ids[count - 1] = below - 1;
    Indices indices = kernels.allocateIndices(count);
    kernels.upload(ids, indices);
    return indices;
  }

  public void keep(String name, Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    kernels.download(tensor, values);
    keep(name, values);
  }

  public void keep(String name, double... values) {
    if (results.put(name, values) != null) {
      throw new IllegalStateException("Two results are called " + name);
    }
  }

  /** In the order in which they were kept. */
  public Map<String, double[]> results() {
    return Collections.unmodifiableMap(results);
  }
}
