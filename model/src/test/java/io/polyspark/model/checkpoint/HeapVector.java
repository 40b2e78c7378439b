package io.polyspark.model.checkpoint;

import io.polyspark.model.tensor.FlatVector;
import java.util.Objects;

/** A small vector on the heap. */
final class HeapVector implements FlatVector {
  private final float[] values;

  HeapVector(float... values) {
    this.values = values;
  }

  /** The vector start, start + 1, ... */
  static HeapVector counting(int length, float start) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = start + i;
    }
    return new HeapVector(values);
  }

  float[] values() {
    return values;
  }

  @Override
  public long length() {
    return values.length;
  }

  @Override
  public void read(long offset, float[] into, int at, int count) {
    System.arraycopy(values, Math.toIntExact(offset), into, at, count);
  }

  @Override
  public void write(long offset, float[] from, int at, int count) {
    Objects.checkFromIndexSize(offset, count, length());
    System.arraycopy(from, at, values, (int) offset, count);
  }
}
