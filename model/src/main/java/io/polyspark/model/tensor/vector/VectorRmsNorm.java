package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.Into;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** RMSNorm (arXiv 1910.07467): each row is read twice, while it is in the cache. */
final class VectorRmsNorm implements AutoCloseable {
  private final Rows rows;
  private final int threads;
  private final Memory memory = new Memory();
  private VectorTensor partial;

  VectorRmsNorm(Workers workers) {
    this.rows = new Rows(workers);
    this.threads = workers.threads();
  }

  void forward(
      VectorTensor x, VectorTensor weight, double eps, VectorTensor inverseRms, VectorTensor y) {
    rows.split(
        x,
        (part, from, to) -> {
          for (long row = from; row < to; row++) {
            ByteBuffer in = x.buffer(row);
            int offset = x.offset(row);
            double squares = Sums.dot(in, in, offset, offset + x.rowBytes(), rows.scratch(part));
            float r = (float) (1 / Math.sqrt(squares / x.columns() + eps));
            inverseRms.set(row, r);
            scale(
                in,
                offset,
                weight.buffer(0),
                weight.offset(0),
                r,
                y.buffer(row),
                y.offset(row),
                x.rowBytes());
          }
        });
  }

  /** {@code y = x * r * weight}. */
  private static void scale(
      ByteBuffer x,
      int xAt,
      ByteBuffer weight,
      int weightAt,
      float r,
      ByteBuffer y,
      int yAt,
      int bytes) {
    FloatVector factor = Lanes.all(r);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector weights = Lanes.load(weight, weightAt + at);
      Lanes.store(Lanes.load(x, xAt + at).mul(factor).mul(weights), y, yAt + at);
    }
    if (at < bytes) {
      VectorMask<Float> mask = Lanes.tail(at, bytes);
      FloatVector weights = Lanes.load(weight, weightAt + at, mask);
      Lanes.store(Lanes.load(x, xAt + at, mask).mul(factor).mul(weights), y, yAt + at, mask);
    }
  }

  /**
   * With r = inverseRms: {@code dX = r dY weight - x r^3 mean(dY x weight)}, {@code dWeight = sum
   * of dY x r}, which every thread sums for its own rows first.
   */
  void backward(
      VectorTensor dY,
      VectorTensor x,
      VectorTensor weight,
      VectorTensor inverseRms,
      VectorTensor dX,
      Into into,
      VectorTensor dWeight) {
    VectorTensor sums = partial(x.columns());
    int parts = rows.parts(x);
    rows.split(
        x,
        (part, from, to) -> {
          ByteBuffer sum = sums.buffer(part);
          int sumAt = sums.offset(part);
          Arithmetic.fill(0, sum, sumAt, sumAt + x.rowBytes());
          for (long row = from; row < to; row++) {
            float r = inverseRms.get(row);
            ByteBuffer weights = weight.buffer(0);
            int weightAt = weight.offset(0);
            double mean =
                dot(
                        dY.buffer(row),
                        dY.offset(row),
                        x.buffer(row),
                        x.offset(row),
                        weights,
                        weightAt,
                        x.rowBytes(),
                        rows.scratch(part))
                    / x.columns();
            float fromX = (float) (-mean * r * r * r);
            if (into == Into.ADD) {
              add(
                  dY.buffer(row),
                  dY.offset(row),
                  x.buffer(row),
                  x.offset(row),
                  weights,
                  weightAt,
                  r,
                  fromX,
                  dX.buffer(row),
                  dX.offset(row),
                  sum,
                  sumAt,
                  x.rowBytes());
            } else {
              overwrite(
                  dY.buffer(row),
                  dY.offset(row),
                  x.buffer(row),
                  x.offset(row),
                  weights,
                  weightAt,
                  r,
                  fromX,
                  dX.buffer(row),
                  dX.offset(row),
                  sum,
                  sumAt,
                  x.rowBytes());
            }
          }
        });
    for (int part = 0; part < parts; part++) {
      int distance = sums.offset(part) - dWeight.offset(0);
      addTo(sums.buffer(part), distance, dWeight.buffer(0), dWeight.offset(0), x.rowBytes());
    }
  }

  private static void addTo(ByteBuffer from, int distance, ByteBuffer to, int offset, int bytes) {
    int end = offset + bytes;
    int at = offset;
    for (; at <= end - Lanes.BYTES; at += Lanes.BYTES) {
      Lanes.store(Lanes.load(to, at).add(Lanes.load(from, at + distance)), to, at);
    }
    if (at < end) {
      VectorMask<Float> mask = Lanes.tail(at, end);
      FloatVector sum = Lanes.load(to, at, mask).add(Lanes.load(from, at + distance, mask));
      Lanes.store(sum, to, at, mask);
    }
  }

  /** The sum of {@code dY x weight} over a row. */
  private static float dot(
      ByteBuffer dY,
      int dYAt,
      ByteBuffer x,
      int xAt,
      ByteBuffer weight,
      int weightAt,
      int bytes,
      float[] scratch) {
    FloatVector even = Lanes.zero();
    FloatVector odd = Lanes.zero();
    int at = 0;
    for (; at <= bytes - 2 * Lanes.BYTES; at += 2 * Lanes.BYTES) {
      int next = at + Lanes.BYTES;
      FloatVector first = Lanes.load(dY, dYAt + at).mul(Lanes.load(x, xAt + at));
      even = first.fma(Lanes.load(weight, weightAt + at), even);
      FloatVector second = Lanes.load(dY, dYAt + next).mul(Lanes.load(x, xAt + next));
      odd = second.fma(Lanes.load(weight, weightAt + next), odd);
    }
    for (; at < bytes; at += Lanes.BYTES) {
      VectorMask<Float> mask = Lanes.tail(at, Math.min(bytes, at + Lanes.BYTES));
      FloatVector rest = Lanes.load(dY, dYAt + at, mask).mul(Lanes.load(x, xAt + at, mask));
      even = rest.fma(Lanes.load(weight, weightAt + at, mask), even);
    }
    return Lanes.sum(even.add(odd), scratch);
  }

  /** {@code dX = r dY weight + fromX x}, {@code sum += r dY x}. */
  private static void overwrite(
      ByteBuffer dY,
      int dYAt,
      ByteBuffer x,
      int xAt,
      ByteBuffer weight,
      int weightAt,
      float r,
      float fromX,
      ByteBuffer dX,
      int dXAt,
      ByteBuffer sum,
      int sumAt,
      int bytes) {
    FloatVector rs = Lanes.all(r);
    FloatVector fromXs = Lanes.all(fromX);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector scaled = Lanes.load(dY, dYAt + at).mul(rs);
      FloatVector input = Lanes.load(x, xAt + at);
      Lanes.store(scaled.fma(input, Lanes.load(sum, sumAt + at)), sum, sumAt + at);
      FloatVector through = input.mul(fromXs);
      Lanes.store(scaled.fma(Lanes.load(weight, weightAt + at), through), dX, dXAt + at);
    }
    if (at < bytes) {
      VectorMask<Float> mask = Lanes.tail(at, bytes);
      FloatVector scaled = Lanes.load(dY, dYAt + at, mask).mul(rs);
      FloatVector input = Lanes.load(x, xAt + at, mask);
      Lanes.store(scaled.fma(input, Lanes.load(sum, sumAt + at, mask)), sum, sumAt + at, mask);
      FloatVector through = input.mul(fromXs);
      FloatVector result = scaled.fma(Lanes.load(weight, weightAt + at, mask), through);
      Lanes.store(result, dX, dXAt + at, mask);
    }
  }

  /** As {@link #overwrite}, but {@code dX += ...}. */
  private static void add(
      ByteBuffer dY,
      int dYAt,
      ByteBuffer x,
      int xAt,
      ByteBuffer weight,
      int weightAt,
      float r,
      float fromX,
      ByteBuffer dX,
      int dXAt,
      ByteBuffer sum,
      int sumAt,
      int bytes) {
    FloatVector rs = Lanes.all(r);
    FloatVector fromXs = Lanes.all(fromX);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector scaled = Lanes.load(dY, dYAt + at).mul(rs);
      FloatVector input = Lanes.load(x, xAt + at);
      Lanes.store(scaled.fma(input, Lanes.load(sum, sumAt + at)), sum, sumAt + at);
      FloatVector through = input.fma(fromXs, Lanes.load(dX, dXAt + at));
      Lanes.store(scaled.fma(Lanes.load(weight, weightAt + at), through), dX, dXAt + at);
    }
    if (at < bytes) {
      VectorMask<Float> mask = Lanes.tail(at, bytes);
      FloatVector scaled = Lanes.load(dY, dYAt + at, mask).mul(rs);
      FloatVector input = Lanes.load(x, xAt + at, mask);
      Lanes.store(scaled.fma(input, Lanes.load(sum, sumAt + at, mask)), sum, sumAt + at, mask);
      FloatVector through = input.fma(fromXs, Lanes.load(dX, dXAt + at, mask));
      FloatVector result = scaled.fma(Lanes.load(weight, weightAt + at, mask), through);
      Lanes.store(result, dX, dXAt + at, mask);
    }
  }

  /** A row of sums per thread. */
  private VectorTensor partial(long columns) {
    if (partial == null || partial.columns() != columns) {
      memory.close();
      partial = memory.allocate(threads, columns);
    }
    return partial;
  }

  @Override
  public void close() {
    memory.close();
  }
}
