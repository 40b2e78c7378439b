package io.polyspark.model.tensor.vector;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Rounding of float32 to bfloat16, the upper half of its bits: to the nearest, ties to even. */
final class Bfloat16 {
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(
          short.class, VectorShape.forBitSize(Lanes.SPECIES.vectorBitSize() * Short.SIZE / 32));
  private static final int DROPPED_BITS = 16;

  /** Just below one half of the last bit that stays. */
  private static final int BELOW_HALF = 0x7fff;

  private static final short NAN = 0x7fc0;

  private Bfloat16() {}

  /**
   * Rounds {@code count} numbers.
   *
   * @param fromAt in bytes
   * @param toAt in bytes
   */
  static void round(ByteBuffer from, int fromAt, ByteBuffer to, int toAt, int count) {
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      ShortVector rounded =
          ofLanes(
              FloatVector.fromByteBuffer(
                  Lanes.SPECIES, from, fromAt + i * Float.BYTES, Lanes.ORDER));
      rounded.intoByteBuffer(to, toAt + i * Short.BYTES, Lanes.ORDER);
    }
    for (int i = whole; i < count; i++) {
      to.putShort(toAt + i * Short.BYTES, of(from.getFloat(fromAt + i * Float.BYTES)));
    }
  }

  private static ShortVector ofLanes(FloatVector values) {
    IntVector bits = values.reinterpretAsInts();
    IntVector last = bits.lanewise(VectorOperators.LSHR, DROPPED_BITS).and(1);
    IntVector rounded = bits.add(last).add(BELOW_HALF).lanewise(VectorOperators.LSHR, DROPPED_BITS);
    // Adding to the bits of a NaN could make them those of another number.
    IntVector safe =
        rounded.blend(NAN, values.compare(VectorOperators.NE, values).cast(bits.species()));
    return (ShortVector) safe.convertShape(VectorOperators.I2S, SHORTS, 0);
  }

  /** The same for one number. */
  static short of(float value) {
    if (Float.isNaN(value)) {
      return NAN;
    }
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + ((bits >>> DROPPED_BITS) & 1) + BELOW_HALF) >>> DROPPED_BITS);
  }
}
