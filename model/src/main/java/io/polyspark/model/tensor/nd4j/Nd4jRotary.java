package io.polyspark.model.tensor.nd4j;

import static io.polyspark.model.tensor.nd4j.Nd4jTensor.array;

import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Rotary positions as {@code x cos + rotate(x) sin}, where rotate(x) = (-x2, x1) of a head's halves
 * is a product with a fixed [d, d] matrix: ND4J is slow on the strided halves themselves.
 */
final class Nd4jRotary implements AutoCloseable {
  private record Key(int positions, long heads, int headSize, double theta) {}

  /** cos and sin [1, T * heads * d], the matrix that rotates [d, d]. */
  private record Tables(INDArray cos, INDArray sin, INDArray rotate) {
    /** Views of some columns. */
    Tables part(long from, long to) {
      INDArrayIndex columns = NDArrayIndex.interval(from, to);
      return new Tables(
          cos.get(NDArrayIndex.all(), columns), sin.get(NDArrayIndex.all(), columns), rotate);
    }
  }

  private final Scratch scratch;
  private final DataType type;
  private final Map<Key, Tables> tables = new HashMap<>();

  Nd4jRotary(Scratch scratch, DataType type) {
    this.scratch = scratch;
    this.type = type;
  }

  void forward(Tensor x, int positions, int headSize, double theta) {
    turn(x, tables(x, positions, headSize, theta), headSize);
  }

  /**
   * Of one sequence.
   *
   * @param first the position of the first row
   */
  void forwardFrom(Tensor x, int first, int positions, int headSize, double theta) {
    Tables table = tables(x, positions, headSize, theta);
    turn(x, table.part(first * x.columns(), (first + x.rows()) * x.columns()), headSize);
  }

  private void turn(Tensor x, Tables table, int headSize) {
    INDArray rotated = scratch.array("rotary", x.rows(), x.columns());
    rotate(array(x), table.rotate(), headSize, rotated);
    scale(rotated, table.sin(), rotated);
    scale(array(x), table.cos(), array(x));
    Blas.addScaled(rotated, 1, array(x));
  }

  /** The transpose: {@code dX = dY cos + rotate^T(dY sin)}. */
  void backward(Tensor dX, int positions, int headSize, double theta) {
    Tables table = tables(dX, positions, headSize, theta);
    INDArray timesSin = scratch.array("rotary", dX.rows(), dX.columns());
    INDArray rotated = scratch.array("rotary.back", dX.rows(), dX.columns());
    scale(array(dX), table.sin(), timesSin);
    rotate(timesSin, table.rotate().transpose(), headSize, rotated);
    scale(array(dX), table.cos(), array(dX));
    Blas.addScaled(rotated, 1, array(dX));
  }

  /** Multiplies every sequence by a table of its positions. */
  private static void scale(INDArray x, INDArray table, INDArray out) {
    long sequences = x.length() / table.length();
    x.reshape('c', sequences, table.length())
        .mul(table, out.reshape('c', sequences, table.length()));
  }

  /** out = x rotate, head by head. */
  private static void rotate(INDArray x, INDArray rotate, int headSize, INDArray out) {
    long heads = x.length() / headSize;
    Blas.product(
        rotate.transpose(),
        x.reshape('c', heads, headSize).transpose(),
        out.reshape('c', heads, headSize).transpose(),
        Into.OVERWRITE);
  }

  private Tables tables(Tensor x, int positions, int headSize, double theta) {
    return tables.computeIfAbsent(
        new Key(positions, x.columns() / headSize, headSize, theta), this::compute);
  }

  private Tables compute(Key key) {
    int size = key.headSize();
    int half = size / 2;
    int width = Math.toIntExact(key.heads() * size);
    double[] cos = new double[key.positions() * width];
    double[] sin = new double[cos.length];
    for (int t = 0; t < key.positions(); t++) {
      for (int column = 0; column < width; column++) {
        double angle = t * StrictMath.pow(key.theta(), -2.0 * (column % half) / size);
        cos[t * width + column] = StrictMath.cos(angle);
        sin[t * width + column] = StrictMath.sin(angle);
      }
    }
    double[][] rotate = new double[size][size];
    for (int i = 0; i < half; i++) {
      rotate[i + half][i] = -1;
      rotate[i][i + half] = 1;
    }
    return new Tables(row(cos), row(sin), Nd4j.createFromArray(rotate).castTo(type));
  }

  private INDArray row(double[] values) {
    return Nd4j.createFromArray(values).castTo(type).reshape('c', 1, values.length);
  }

  @Override
  public void close() {
    for (Tables table : tables.values()) {
      table.cos().close();
      table.sin().close();
      table.rotate().close();
    }
    tables.clear();
  }
}
