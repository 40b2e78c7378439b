package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;
import static jdk.incubator.vector.FloatVector.zero;

import io.polyspark.model.tensor.Into;
import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;

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
    FloatVector factor = broadcast(SPECIES, r);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector weights = fromByteBuffer(SPECIES, weight, weightAt + at, ORDER);
      fromByteBuffer(SPECIES, x, xAt + at, ORDER)
          .mul(factor)
          .mul(weights)
          .intoByteBuffer(y, yAt + at, ORDER);
    }
    for (; at < bytes; at += Float.BYTES) {
      y.putFloat(yAt + at, x.getFloat(xAt + at) * r * weight.getFloat(weightAt + at));
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
          Arithmetic.fill(0, sum, sumAt, x.rowBytes());
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
      Arithmetic.add(
          sums.buffer(part), sums.offset(part), dWeight.buffer(0), dWeight.offset(0), x.rowBytes());
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
    FloatVector even = zero(SPECIES);
    FloatVector odd = zero(SPECIES);
    int at = 0;
    for (; at <= bytes - 2 * Lanes.BYTES; at += 2 * Lanes.BYTES) {
      int next = at + Lanes.BYTES;
      FloatVector first =
          fromByteBuffer(SPECIES, dY, dYAt + at, ORDER)
              .mul(fromByteBuffer(SPECIES, x, xAt + at, ORDER));
      even = first.fma(fromByteBuffer(SPECIES, weight, weightAt + at, ORDER), even);
      FloatVector second =
          fromByteBuffer(SPECIES, dY, dYAt + next, ORDER)
              .mul(fromByteBuffer(SPECIES, x, xAt + next, ORDER));
      odd = second.fma(fromByteBuffer(SPECIES, weight, weightAt + next, ORDER), odd);
    }
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector last =
          fromByteBuffer(SPECIES, dY, dYAt + at, ORDER)
              .mul(fromByteBuffer(SPECIES, x, xAt + at, ORDER));
      even = last.fma(fromByteBuffer(SPECIES, weight, weightAt + at, ORDER), even);
    }
    float rest = 0;
    for (; at < bytes; at += Float.BYTES) {
      float product = dY.getFloat(dYAt + at) * x.getFloat(xAt + at);
      rest = Math.fma(product, weight.getFloat(weightAt + at), rest);
    }
    even.add(odd).intoArray(scratch, 0);
    return Lanes.sum(scratch) + rest;
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
    FloatVector rs = broadcast(SPECIES, r);
    FloatVector fromXs = broadcast(SPECIES, fromX);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector scaled = fromByteBuffer(SPECIES, dY, dYAt + at, ORDER).mul(rs);
      FloatVector input = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      scaled
          .fma(input, fromByteBuffer(SPECIES, sum, sumAt + at, ORDER))
          .intoByteBuffer(sum, sumAt + at, ORDER);
      FloatVector through = input.mul(fromXs);
      scaled
          .fma(fromByteBuffer(SPECIES, weight, weightAt + at, ORDER), through)
          .intoByteBuffer(dX, dXAt + at, ORDER);
    }
    for (; at < bytes; at += Float.BYTES) {
      float scaled = dY.getFloat(dYAt + at) * r;
      float input = x.getFloat(xAt + at);
      sum.putFloat(sumAt + at, Math.fma(scaled, input, sum.getFloat(sumAt + at)));
      float through = input * fromX;
      dX.putFloat(dXAt + at, Math.fma(scaled, weight.getFloat(weightAt + at), through));
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
    FloatVector rs = broadcast(SPECIES, r);
    FloatVector fromXs = broadcast(SPECIES, fromX);
    int at = 0;
    for (; at <= bytes - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector scaled = fromByteBuffer(SPECIES, dY, dYAt + at, ORDER).mul(rs);
      FloatVector input = fromByteBuffer(SPECIES, x, xAt + at, ORDER);
      scaled
          .fma(input, fromByteBuffer(SPECIES, sum, sumAt + at, ORDER))
          .intoByteBuffer(sum, sumAt + at, ORDER);
      FloatVector through = input.fma(fromXs, fromByteBuffer(SPECIES, dX, dXAt + at, ORDER));
      scaled
          .fma(fromByteBuffer(SPECIES, weight, weightAt + at, ORDER), through)
          .intoByteBuffer(dX, dXAt + at, ORDER);
    }
    for (; at < bytes; at += Float.BYTES) {
      float scaled = dY.getFloat(dYAt + at) * r;
      float input = x.getFloat(xAt + at);
      sum.putFloat(sumAt + at, Math.fma(scaled, input, sum.getFloat(sumAt + at)));
      float through = Math.fma(input, fromX, dX.getFloat(dXAt + at));
      dX.putFloat(dXAt + at, Math.fma(scaled, weight.getFloat(weightAt + at), through));
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
