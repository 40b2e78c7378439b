package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors of float32 in and out of off-heap memory, and their sums. Offsets are in bytes. Only
 * operations whose bits are the same interpreted and compiled are used anywhere in this package:
 * neither {@code reduceLanes} nor a transcendental of the Vector API.
 */
final class Lanes {
  /** What the processor does best, of 2 to 16 lanes. */
  static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() <= 16
          ? FloatVector.SPECIES_PREFERRED
          : FloatVector.SPECIES_512;

  static final int COUNT = SPECIES.length();
  static final int BYTES = COUNT * Float.BYTES;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorMask<Float> NONE = SPECIES.maskAll(false);
  private static final VectorShuffle<Float> BY_8 = fold(8);
  private static final VectorShuffle<Float> BY_4 = fold(4);
  private static final VectorShuffle<Float> BY_2 = fold(2);
  private static final VectorShuffle<Float> BY_1 = fold(1);

  private Lanes() {}

  private static VectorShuffle<Float> fold(int distance) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane + distance) % COUNT);
  }

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

  /** The sum of all lanes, halves first. */
  static float sum(FloatVector value) {
    FloatVector sum = value;
    if (COUNT > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (COUNT > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    if (COUNT > 2) {
      sum = sum.add(sum.rearrange(BY_2));
    }
    return sum.add(sum.rearrange(BY_1)).lane(0);
  }

  /** The largest lane; NaN where there is one. */
  static float max(FloatVector value) {
    FloatVector max = value;
    if (COUNT > 8) {
      max = max.max(max.rearrange(BY_8));
    }
    if (COUNT > 4) {
      max = max.max(max.rearrange(BY_4));
    }
    if (COUNT > 2) {
      max = max.max(max.rearrange(BY_2));
    }
    return max.max(max.rearrange(BY_1)).lane(0);
  }
}
