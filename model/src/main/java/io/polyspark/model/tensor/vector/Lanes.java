package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors of float32 in and out of off-heap memory, and their sums. Offsets are in bytes. Only
 * operations whose bits are the same interpreted and compiled are used anywhere in this package:
 * neither {@code reduceLanes} nor a transcendental of the Vector API.
 */
final class Lanes {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  static final int COUNT = SPECIES.length();
  static final int BYTES = COUNT * Float.BYTES;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorMask<Float> NONE = SPECIES.maskAll(false);

  private Lanes() {}

  static FloatVector zero() {
    return FloatVector.zero(SPECIES);
  }

  static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  static FloatVector load(ByteBuffer from, int at) {
    return FloatVector.fromByteBuffer(SPECIES, from, at, ORDER);
  }

  /** Zeros in the lanes that are not in the mask. */
  static FloatVector load(ByteBuffer from, int at, VectorMask<Float> mask) {
    return FloatVector.fromByteBuffer(SPECIES, from, at, ORDER, mask);
  }

  static void store(FloatVector value, ByteBuffer to, int at) {
    value.intoByteBuffer(to, at, ORDER);
  }

  static void store(FloatVector value, ByteBuffer to, int at, VectorMask<Float> mask) {
    value.intoByteBuffer(to, at, ORDER, mask);
  }

  /** Where the last whole vector of the bytes [from, to) ends. */
  static int whole(int from, int to) {
    return to - (to - from) % BYTES;
  }

  /** The lanes that bytes [at, to), less than a vector, fill. */
  static VectorMask<Float> tail(int at, int to) {
    return first((to - at) / Float.BYTES);
  }

  /** The first lanes. */
  static VectorMask<Float> first(int count) {
    return count <= 0 ? NONE : SPECIES.indexInRange(0, count);
  }

  /** An array for {@link #sum} and {@link #max}: one per thread. */
  static float[] scratch() {
    return new float[COUNT];
  }

  /**
   * The sum of all lanes, halves first. Through memory: a tree of shuffles is so much code that
   * methods with a few of them are not compiled as a whole.
   */
  static float sum(FloatVector value, float[] scratch) {
    value.intoArray(scratch, 0);
    for (int width = COUNT / 2; width > 0; width /= 2) {
      for (int lane = 0; lane < width; lane++) {
        scratch[lane] += scratch[lane + width];
      }
    }
    return scratch[0];
  }

  /** The largest lane; NaN where there is one. */
  static float max(FloatVector value, float[] scratch) {
    value.intoArray(scratch, 0);
    float max = scratch[0];
    for (int lane = 1; lane < COUNT; lane++) {
      max = Math.max(max, scratch[lane]);
    }
    return max;
  }
}
