package io.polyspark.model.checkpoint;

import java.nio.ByteBuffer;

/** The floating-point types of safetensors that can be read as float32. */
enum TensorType {
  F64(Double.BYTES) {
    @Override
    float valueAt(ByteBuffer bytes, int index) {
      return (float) bytes.getDouble(index * Double.BYTES);
    }
  },
  F32(Float.BYTES) {
    @Override
    float valueAt(ByteBuffer bytes, int index) {
      return bytes.getFloat(index * Float.BYTES);
    }
  },
  F16(Short.BYTES) {
    @Override
    float valueAt(ByteBuffer bytes, int index) {
      return half(bytes.getShort(index * Short.BYTES));
    }
  },
  BF16(Short.BYTES) {
    @Override
    float valueAt(ByteBuffer bytes, int index) {
      return Float.intBitsToFloat(bytes.getShort(index * Short.BYTES) << 16);
    }
  };

  private final int size;

  TensorType(int size) {
    this.size = size;
  }

  /** Bytes per element. */
  int size() {
    return size;
  }

  /** Element {@code index} of a little-endian buffer that holds elements of this type. */
  abstract float valueAt(ByteBuffer bytes, int index);

  /** The value of an IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. */
  private static float half(short bits) {
    int exponent = (bits >>> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    float magnitude;
    if (exponent == 0x1f) {
      magnitude = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else if (exponent == 0) {
      magnitude = fraction * 0x1p-24f;
    } else {
      magnitude = Math.scalb((float) (0x400 | fraction), exponent - 25);
    }
    return bits < 0 ? -magnitude : magnitude;
  }
}
