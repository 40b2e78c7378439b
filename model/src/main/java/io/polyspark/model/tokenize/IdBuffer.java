package io.polyspark.model.tokenize;

import java.util.Arrays;

/** Ids as they come. */
final class IdBuffer {
  private int[] ids = new int[1024];
  private int size;

  void clear() {
    size = 0;
  }

  void add(int id) {
    if (size == ids.length) {
      grow(size + 1);
    }
    ids[size++] = id;
  }

  void add(int[] source, int from, int count) {
    if (size + count > ids.length) {
      grow(size + count);
    }
    // Words have a few ids: a loop beats a call that copies.
    for (int i = 0; i < count; i++) {
      ids[size + i] = source[from + i];
    }
    size += count;
  }

  int size() {
    return size;
  }

  /** The ids after the first {@code from}. */
  int[] copyFrom(int from) {
    return Arrays.copyOfRange(ids, from, size);
  }

  int get(int index) {
    return ids[index];
  }

  private void grow(int least) {
    ids = Arrays.copyOf(ids, Math.max(least, ids.length + (ids.length >> 1)));
  }
}
