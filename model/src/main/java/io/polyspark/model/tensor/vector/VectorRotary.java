package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.Lanes.ORDER;
import static io.polyspark.model.tensor.vector.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromByteBuffer;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import jdk.incubator.vector.FloatVector;

/** Rotary positions (arXiv 2104.09864, rotate-half), with cos and sin computed once. */
final class VectorRotary implements AutoCloseable {
  private record Key(int positions, int headSize, double theta) {}

  /** Each [T, d/2]. */
  private record Tables(VectorTensor cos, VectorTensor sin) {}

  private final Rows rows;
  private final Memory memory = new Memory();
  private final Map<Key, Tables> tables = new HashMap<>();

  VectorRotary(Workers workers) {
    this.rows = new Rows(workers);
  }

  /**
   * @param first the position of the first row
   */
  void forward(VectorTensor x, int first, int positions, int headSize, double theta) {
    turn(x, first, positions, headSize, theta, 1f);
  }

  void backward(VectorTensor dX, int positions, int headSize, double theta) {
    turn(dX, 0, positions, headSize, theta, -1f);
  }

  private void turn(
      VectorTensor x, int first, int positions, int headSize, double theta, float sign) {
    Tables table = tables.computeIfAbsent(new Key(positions, headSize, theta), this::compute);
    int half = headSize / 2 * Float.BYTES;
    rows.split(
        x,
        (part, from, to) -> {
          for (long row = from; row < to; row++) {
            long position = (first + row) % positions;
            ByteBuffer buffer = x.buffer(row);
            int begin = x.offset(row);
            int end = begin + x.rowBytes();
            for (int head = begin; head < end; head += 2 * half) {
              turn(
                  buffer,
                  head,
                  table.cos().buffer(position),
                  table.sin().buffer(position),
                  table.cos().offset(position),
                  sign,
                  half);
            }
          }
        });
  }

  /** {@code (x1, x2) = (x1 cos - x2 sin, x2 cos + x1 sin)} for the halves of one head. */
  private static void turn(
      ByteBuffer x, int head, ByteBuffer cos, ByteBuffer sin, int tableAt, float sign, int half) {
    FloatVector signs = broadcast(SPECIES, sign);
    int at = 0;
    for (; at <= half - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector x1 = fromByteBuffer(SPECIES, x, head + at, ORDER);
      FloatVector x2 = fromByteBuffer(SPECIES, x, head + half + at, ORDER);
      FloatVector c = fromByteBuffer(SPECIES, cos, tableAt + at, ORDER);
      FloatVector s = fromByteBuffer(SPECIES, sin, tableAt + at, ORDER).mul(signs);
      x1.mul(c).sub(x2.mul(s)).intoByteBuffer(x, head + at, ORDER);
      x2.mul(c).add(x1.mul(s)).intoByteBuffer(x, head + half + at, ORDER);
    }
    for (; at < half; at += Float.BYTES) {
      float x1 = x.getFloat(head + at);
      float x2 = x.getFloat(head + half + at);
      float c = cos.getFloat(tableAt + at);
      float s = sin.getFloat(tableAt + at) * sign;
      x.putFloat(head + at, x1 * c - x2 * s);
      x.putFloat(head + half + at, x2 * c + x1 * s);
    }
  }

  private Tables compute(Key key) {
    int half = key.headSize() / 2;
    VectorTensor cos = memory.allocate(key.positions(), half);
    VectorTensor sin = memory.allocate(key.positions(), half);
    for (int pair = 0; pair < half; pair++) {
      double frequency = StrictMath.pow(key.theta(), -2.0 * pair / key.headSize());
      for (int t = 0; t < key.positions(); t++) {
        long index = (long) t * half + pair;
        cos.set(index, (float) StrictMath.cos(t * frequency));
        sin.set(index, (float) StrictMath.sin(t * frequency));
      }
    }
    return new Tables(cos, sin);
  }

  @Override
  public void close() {
    memory.close();
    tables.clear();
  }
}
