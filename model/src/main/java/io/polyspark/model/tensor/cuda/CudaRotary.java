package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;
import java.util.HashMap;
import java.util.Map;

/**
 * {@link io.polyspark.model.tensor.Kernels#rotary} and its kin by rotary.cu. The angles' cosines
 * and sines are computed in float64 here, once, and stay on the card as float32.
 */
final class CudaRotary {
  private static final int MOST_THREADS = 256;

  /** Few enough for a block to have the pairs of several heads in each of its threads. */
  private static final int USUAL_THREADS = 128;

  private record Key(int positions, int headSize, double theta) {}

  private final Launcher launcher;
  private final Map<Key, CudaTensor> tables = new HashMap<>();

  CudaRotary(Launcher launcher) {
    this.launcher = launcher;
  }

  /** {@link io.polyspark.model.tensor.Kernels#rotary}. */
  void forward(Tensor x, int positions, int headSize, double theta) {
    turn(cuda(x), 0, table(positions, headSize, theta), 1);
  }

  /** {@link io.polyspark.model.tensor.Kernels#rotaryFrom}. */
  void forwardFrom(Tensor x, int first, int positions, int headSize, double theta) {
    turn(cuda(x), first, table(positions, headSize, theta), 1);
  }

  /** {@link io.polyspark.model.tensor.Kernels#rotaryGradient}. */
  void backward(Tensor dX, int positions, int headSize, double theta) {
    turn(cuda(dX), 0, table(positions, headSize, theta), -1);
  }

  private void turn(CudaTensor x, int first, CudaTensor table, float direction) {
    int headSize = Math.toIntExact(table.columns());
    int heads = Math.toIntExact(x.columns() / headSize);
    int half = headSize / 2;
    int width = 16 / x.type().bytes();
    int lanes = Math.min(MOST_THREADS, half % width == 0 ? half / width : half);
    int groups = Math.max(1, Math.min(heads, USUAL_THREADS / lanes));
    launcher.launch(
        "rotary",
        "rotary_" + x.type().suffix(),
        Grid.of(x.rows(), lanes * groups),
        x,
        table,
        direction,
        first,
        Math.toIntExact(table.rows()),
        heads,
        half,
        lanes);
  }

  /** The cosines, then the sines, of each position's angles: [T, d]. */
  private CudaTensor table(int positions, int headSize, double theta) {
    return tables.computeIfAbsent(new Key(positions, headSize, theta), this::upload);
  }

  private CudaTensor upload(Key key) {
    int half = key.headSize() / 2;
    float[] table = new float[key.positions() * key.headSize()];
    for (int i = 0; i < half; i++) {
      double frequency = StrictMath.pow(key.theta(), -2.0 * i / key.headSize());
      for (int t = 0; t < key.positions(); t++) {
        table[t * key.headSize() + i] = (float) StrictMath.cos(t * frequency);
        table[t * key.headSize() + half + i] = (float) StrictMath.sin(t * frequency);
      }
    }
    CudaTensor on =
        launcher.scratch("rotary." + key, key.positions(), key.headSize(), ElementType.F32);
    launcher.write(table, on);
    return on;
  }
}
