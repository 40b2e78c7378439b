package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;

/** A vector in one array, for tests. */
final class ArrayVector implements FlatVector {
  private final float[] values;

  /** A view of {@code values}. */
  ArrayVector(float[] values) {
    this.values = values;
  }

  @Override
  public long length() {
    return values.length;
  }

  @Override
  public void read(long offset, float[] into, int at, int count) {
    System.arraycopy(values, (int) offset, into, at, count);
  }

  @Override
  public void write(long offset, float[] from, int at, int count) {
    System.arraycopy(from, at, values, (int) offset, count);
  }

  /** All elements of any vector. */
  static float[] toArray(FlatVector vector) {
    float[] values = new float[(int) vector.length()];
    vector.read(0, values, 0, values.length);
    return values;
  }
}
