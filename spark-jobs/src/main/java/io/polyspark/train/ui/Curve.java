package io.polyspark.train.ui;

import java.util.function.BiConsumer;

/**
 * A curve that grows for as long as a run takes and stays within bounds: where its buckets are used
 * up, every two neighbours become one, so that each has twice as many points from then on.
 */
final class Curve {
  /** Buckets in a row of the store, so that a new point writes little. */
  static final int BLOCK = 256;

  private final int capacity;
  private Buckets buckets = new Buckets();
  private long width = 1;
  private long inLast = 1;
  private int written;

  /**
   * @param capacity the most buckets, a multiple of two {@link #BLOCK}s
   */
  Curve(int capacity) {
    this.capacity = capacity;
  }

  /** Adds a point behind all others. */
  void add(long step, long tokens, double value) {
    if (buckets.size() > 0 && inLast < width) {
      written = Math.min(written, buckets.size() - 1);
      buckets.extend(step, tokens, value);
      inLast++;
      return;
    }
    if (buckets.size() == capacity) {
      buckets = buckets.merged(2);
      width *= 2;
      written = 0;
    }
    buckets.add(step, tokens, value);
    inLast = 1;
  }

  /** The number of blocks that hold the buckets there are. */
  int blocks() {
    return (buckets.size() + BLOCK - 1) / BLOCK;
  }

  /** Hands out copies of the blocks, with their numbers, that have changed since the last time. */
  void writeChanges(BiConsumer<Integer, Buckets> to) {
    for (int block = written / BLOCK; block < blocks(); block++) {
      int from = block * BLOCK;
      to.accept(block, buckets.range(from, Math.min(buckets.size(), from + BLOCK)));
    }
    written = buckets.size();
  }
}
