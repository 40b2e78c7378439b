package io.polyspark.model.benchmark;

import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceChoice;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.KernelsSource;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Tensor;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a device multiplies at best, in floating-point operations per second: what a model's own are
 * held against. Measured on products of square matrices: of 2048 on the processor; on a card of up
 * to 8192, where they do not take it long and the memory for them is free.
 */
public final class ProductPeak {
  private static final int CPU_SIZE = 2048;
  private static final int LEAST_CARD_SIZE = 256;
  private static final int MOST_CARD_SIZE = 8192;

  /** A product that takes so long fills the card; only an emulated one takes more of it. */
  private static final double LONG_ENOUGH_SECONDS = 0.02;

  private static final int ROUNDS = 8;
  private static final Map<Subject, Double> MEASURED = new ConcurrentHashMap<>();

  private record Subject(Dtype dtype, int card) {}

  private ProductPeak() {}

  /**
   * That of the card of this thread, measured once in this JVM; takes memory of the card meanwhile,
   * so call it before a replica has it.
   *
   * @param dtype what products read
   */
  public static double ofCard(Dtype dtype) {
    return MEASURED.computeIfAbsent(
        new Subject(dtype, DeviceChoice.ordinal()), subject -> measure(dtype, Device.CUDA));
  }

  /** Measures anew. */
  static double measure(Dtype dtype, Device device) {
    if (!KernelsProvider.computesByOurCuda(device)) {
      return best(dtype, device, CPU_SIZE, ROUNDS);
    }
    double best = 0;
    double seconds = 0;
    for (int size = LEAST_CARD_SIZE;
        size <= MOST_CARD_SIZE && seconds < LONG_ENOUGH_SECONDS;
        size *= 2) {
      try {
        double peak = best(dtype, device, size, ROUNDS);
        best = Math.max(best, peak);
        seconds = flops(size) / peak;
      } catch (UserError e) {
        // The card has no room for larger ones; what was measured of smaller ones stands.
        return best;
      }
    }
    return best;
  }

  private static double best(Dtype dtype, Device device, int size, int rounds) {
    try (KernelsSource source = KernelsProvider.source(Precision.FLOAT32, dtype, device);
        Kernels kernels = source.create()) {
      Tensor x = kernels.allocate(size, size);
      Tensor weight = kernels.allocate(size, size);
      Tensor y = kernels.allocate(size, size);
      kernels.fill(x, 0.5);
      kernels.fill(weight, 0.5);
      kernels.await();
      double best = 0;
      for (int i = 0; i < rounds; i++) {
        long start = System.nanoTime();
        kernels.linear(x, weight, y, Into.OVERWRITE);
        kernels.await();
        best = Math.max(best, flops(size) / ((System.nanoTime() - start) * 1e-9));
      }
      return best;
    }
  }

  private static double flops(int size) {
    return 2.0 * size * size * size;
  }
}
