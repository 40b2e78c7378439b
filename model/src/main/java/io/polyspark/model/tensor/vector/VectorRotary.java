package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

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

  void forward(VectorTensor x, int positions, int headSize, double theta) {
    turn(x, positions, headSize, theta, 1f);
  }

  void backward(VectorTensor dX, int positions, int headSize, double theta) {
    turn(dX, positions, headSize, theta, -1f);
  }

  private void turn(VectorTensor x, int positions, int headSize, double theta, float sign) {
    Tables table = tables.computeIfAbsent(new Key(positions, headSize, theta), this::compute);
    int half = headSize / 2 * Float.BYTES;
    rows.split(
        x,
        (part, from, to) -> {
          for (long row = from; row < to; row++) {
            long position = row % positions;
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
    FloatVector signs = Lanes.all(sign);
    int at = 0;
    for (; at <= half - Lanes.BYTES; at += Lanes.BYTES) {
      FloatVector x1 = Lanes.load(x, head + at);
      FloatVector x2 = Lanes.load(x, head + half + at);
      FloatVector c = Lanes.load(cos, tableAt + at);
      FloatVector s = Lanes.load(sin, tableAt + at).mul(signs);
      Lanes.store(x1.mul(c).sub(x2.mul(s)), x, head + at);
      Lanes.store(x2.mul(c).add(x1.mul(s)), x, head + half + at);
    }
    if (at < half) {
      VectorMask<Float> mask = Lanes.tail(at, half);
      FloatVector x1 = Lanes.load(x, head + at, mask);
      FloatVector x2 = Lanes.load(x, head + half + at, mask);
      FloatVector c = Lanes.load(cos, tableAt + at, mask);
      FloatVector s = Lanes.load(sin, tableAt + at, mask).mul(signs);
      Lanes.store(x1.mul(c).sub(x2.mul(s)), x, head + at, mask);
      Lanes.store(x2.mul(c).add(x1.mul(s)), x, head + half + at, mask);
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
