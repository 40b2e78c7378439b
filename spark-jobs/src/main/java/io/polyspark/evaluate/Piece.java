package io.polyspark.evaluate;

import java.io.Serializable;

/**
 * What a task of an evaluation returns.
 *
 * @param task its number
 * @param sums the summed cross-entropy of each of its batches, in order, nats
 */
@SuppressWarnings("ArrayRecordComponent") // carried from task to driver, never compared
record Piece(int task, double[] sums) implements Serializable {
  private static final long serialVersionUID = 1L;
}
