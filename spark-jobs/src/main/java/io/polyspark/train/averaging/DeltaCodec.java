package io.polyspark.train.averaging;

import io.polyspark.model.random.SplitMix64;

/**
 * How the numbers of a chunk of deltas travel from a replica to where they are averaged. What does
 * not represent a number exactly rounds it at random to one of its two neighbours, each as likely
 * as it is near, so that on the mean over the random bits every number arrives as it was sent
 * (stochastic rounding; QSGD, arXiv 1610.02132).
 */
interface DeltaCodec {
  /**
   * Encodes a chunk: a pure function of its arguments.
   *
   * @param numbers finite; only read. Where one is not, it or its whole chunk decodes to numbers
   *     that are not finite either.
   * @param random where the random bits come from; element i takes those at {@code offset + i}
   * @param offset the chunk's first element, counted in the whole vector
   * @return a new array, the caller's
   */
  byte[] encode(float[] numbers, SplitMix64 random, long offset);

  /** The number of elements of an encoded chunk. */
  int elements(byte[] encoded);

  /**
   * Adds the numbers of an encoded chunk, exactly as they are represented there and times {@code
   * weight}, to {@code sum}, an element each.
   */
  void addTo(double[] sum, byte[] encoded, double weight);

  /**
   * The sum over the numbers of an encoded chunk of their squared difference from those of {@code
   * mean} at the same places.
   *
   * @param encoded the chunk, or a {@link #beginning} of it
   */
  double squaredDistance(double[] mean, byte[] encoded);

  /** The first numbers of an encoded chunk, encoded; the chunk itself where it has no more. */
  byte[] beginning(byte[] encoded, int elements);
}
