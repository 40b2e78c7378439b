package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.Indices;

/** Token ids on the heap: they are only ever used as addresses. */
final class VectorIndices implements Indices {
  private final int[] ids;

  VectorIndices(int length) {
    this.ids = new int[length];
  }

  /** Not to be changed. */
  static int[] ids(Indices indices) {
    return ((VectorIndices) indices).ids;
  }

  void set(int[] from) {
    System.arraycopy(from, 0, ids, 0, ids.length);
  }

  @Override
  public int length() {
    return ids.length;
  }
}
