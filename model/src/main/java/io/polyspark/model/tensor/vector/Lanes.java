package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What all loops over vectors of float32 in off-heap memory have in common. Offsets are in bytes.
 *
 * <p>The bits are the same interpreted and compiled: neither {@code reduceLanes} nor a
 * transcendental of the Vector API is used anywhere in this package.
 *
 * <p>Compiled, no loop makes objects. For that the JDK's compiler must replace every operation on
 * vectors by instructions, which decides how loops are written here:
 *
 * <ul>
 *   <li>They call the Vector API itself, and a method of ours on vectors only before anything as
 *       long as exp: in a method that has grown to 18000 nodes, of which exp alone takes most, the
 *       compiler inlines nothing but the Vector API, and vectors that are arguments or results of
 *       other methods go through the heap.
 *   <li>They have no masked loads and stores, which the JDK 17 never replaces. What a row has
 *       beyond its last whole vector is computed number by number, with {@code Math.fma} where the
 *       vectors have {@code fma}, which gives the bits of a lane.
 *   <li>Where exp is needed, it is computed by a vector that ends with the row ({@link #within}):
 *       no output may be an input then. Rows of less than a vector, and outputs that are inputs, go
 *       through {@link #load} and {@link #store} in a method of their own, which no model in use
 *       comes to.
 * </ul>
 */
final class Lanes {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  static final int COUNT = SPECIES.length();
  static final int BYTES = COUNT * Float.BYTES;

  /** The length of a {@link #scratch}: several vectors, and little of the nearest cache. */
  static final int SCRATCH = 256;

  private static final ThreadLocal<float[]> FEW = ThreadLocal.withInitial(Lanes::scratch);

  private Lanes() {}

  /** The first {@code bytes}, less than a vector, and zeros behind them. */
  static FloatVector load(ByteBuffer from, int at, int bytes) {
    float[] few = FEW.get();
    int count = bytes / Float.BYTES;
    for (int lane = 0; lane < COUNT; lane++) {
      few[lane] = lane < count ? from.getFloat(at + lane * Float.BYTES) : 0;
    }
    return FloatVector.fromArray(SPECIES, few, 0);
  }

  /** The first {@code bytes}, less than a vector. */
  static void store(FloatVector value, ByteBuffer to, int at, int bytes) {
    float[] few = FEW.get();
    value.intoArray(few, 0);
    for (int lane = 0; lane < bytes / Float.BYTES; lane++) {
      to.putFloat(at + lane * Float.BYTES, few[lane]);
    }
  }

  /**
   * Where the vector at {@code i} of a row begins, so that the last one ends with the row; the row
   * is at least a vector long.
   */
  static int within(int i, int rowBytes) {
    return Math.min(i, rowBytes - BYTES);
  }

  /** An array to work in, for {@link #sum} and {@link #max} and more: one per thread. */
  static float[] scratch() {
    return new float[SCRATCH];
  }

  /**
   * The sum of all lanes, halves first; they are overwritten. Through memory: a tree of shuffles is
   * so much code that methods with a few of them are not compiled as a whole.
   */
  static float sum(float[] lanes) {
    for (int width = COUNT / 2; width > 0; width /= 2) {
      for (int lane = 0; lane < width; lane++) {
        lanes[lane] += lanes[lane + width];
      }
    }
    return lanes[0];
  }

  /** The largest lane; NaN where there is one. */
  static float max(float[] lanes) {
    float max = lanes[0];
    for (int lane = 1; lane < COUNT; lane++) {
      max = Math.max(max, lanes[lane]);
    }
    return max;
  }
}
