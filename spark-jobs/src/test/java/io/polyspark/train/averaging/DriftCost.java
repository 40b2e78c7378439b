package io.polyspark.train.averaging;

import io.polyspark.model.random.SplitMix64;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program that times what an executor does with a chunk of a million numbers of each of W
 * replicas: decoding and adding up, the outer optimizer, encoding; and beside it the sums that
 * {@link Drift} takes. It prints the processor time of its one thread for each.
 */
final class DriftCost {
  private static final int TIMES = 40;

  private DriftCost() {}

  /**
   * Runs it.
   *
   * @param arguments the format of the deltas: a run has one, so the JVM compiles for one
   */
  public static void main(String[] arguments) {
    for (int replicas : new int[] {2, 8}) {
      run(DeltaFormat.valueOf(arguments[0]), replicas);
    }
  }

  private static void run(DeltaFormat format, int replicas) {
    int size = ChunkPlan.DEFAULT_CHUNK_SIZE;
    DeltaCodec codec = format.codec();
    List<byte[]> pieces = new ArrayList<>();
    for (int replica = 0; replica < replicas; replica++) {
      float[] delta = new float[size];
      for (int i = 0; i < size; i++) {
        delta[i] = NoisyTask.noise(1, replica, i);
      }
      pieces.add(codec.encode(delta, new SplitMix64(1, replica), 0));
    }
    double[] averaging = new double[TIMES];
    double[] drift = new double[TIMES];
    float[] parameters = new float[size];
    for (int time = -TIMES; time < TIMES; time++) {
      long start = cpu();
      double[] mean = new double[size];
      for (byte[] piece : pieces) {
        codec.addTo(mean, piece, 1);
      }
      for (int i = 0; i < size; i++) {
        mean[i] /= replicas;
      }
      float[] next = new float[size];
      OuterOptimizer.average().step(1, parameters, mean, List.of(), next, List.of());
      byte[] encoded = Float32.encode(next);
      long averaged = cpu();
      double[] squares = Drift.squares(pieces, codec, mean);
      long end = cpu();
      if (time >= 0 && encoded.length + squares.length > 0) {
        averaging[time] = (averaged - start) * 1e-6;
        drift[time] = (end - averaged) * 1e-6;
      }
    }
    System.out.printf(
        "%s, %d replicas: averaging %.2f ms, drift %.2f ms a million parameters%n",
        format, replicas, median(averaging), median(drift));
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
