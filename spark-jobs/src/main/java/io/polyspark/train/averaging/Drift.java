package io.polyspark.train.averaging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * How far the replicas of a round have come apart: {@code ||theta_w - mean|| / ||mean - theta_r||},
 * where mean is that of the replicas' parameters as they arrived, weighted as the round weights
 * them, theta_r what the round started from, and the norm that of all parameters (L2). Replicas
 * that agree have 0; W replicas whose ways are as long and have nothing in common have sqrt(W - 1).
 * It is 0 where the mean has not moved.
 *
 * <p>Where chunks are averaged the sums of squares of each are taken in float64 in a fixed order;
 * here they are added in the order of the chunks, so that the same pieces give the same bits over
 * any number of reducers.
 */
final class Drift {
  /**
   * Pieces of a chunk that an executor keeps until it has their mean. Of more replicas than that,
   * it keeps the beginnings, as many numbers as make up so many pieces, and the sums are scaled.
   */
  static final int PIECES = 32;

  private final double[][] ofChunks;

  Drift(int chunks) {
    this.ofChunks = new double[chunks][];
  }

  /**
   * What is kept of a piece.
   *
   * @param elements of the piece
   * @param replicas that send as many
   */
  static int kept(int elements, int replicas) {
    return replicas <= PIECES ? elements : (int) ((long) elements * PIECES / replicas);
  }

  /**
   * The sums over a chunk: of the squared distance from the mean of each piece, and last of the
   * squares of the mean itself.
   *
   * @param pieces deltas, of each the first {@link #kept} numbers
   */
  static double[] squares(List<byte[]> pieces, DeltaCodec codec, double[] mean) {
    double[] squares = new double[pieces.size() + 1];
    int kept = kept(mean.length, pieces.size());
    double scale = kept == 0 ? 0 : (double) mean.length / kept;
    for (int i = 0; i < pieces.size(); i++) {
      squares[i] = scale * codec.squaredDistance(mean, pieces.get(i));
    }
    squares[pieces.size()] = scale * sumOfSquares(kept, i -> mean[i]);
    return squares;
  }

  /** In four sums, each of every fourth number, because one would wait for itself. */
  static double sumOfSquares(int count, IntToDoubleFunction number) {
    double first = 0;
    double second = 0;
    double third = 0;
    double fourth = 0;
    int i = 0;
    for (; i <= count - 4; i += 4) {
      double a = number.applyAsDouble(i);
      double b = number.applyAsDouble(i + 1);
      double c = number.applyAsDouble(i + 2);
      double d = number.applyAsDouble(i + 3);
      first += a * a;
      second += b * b;
      third += c * c;
      fourth += d * d;
    }
    for (; i < count; i++) {
      double a = number.applyAsDouble(i);
      first += a * a;
    }
    return first + second + (third + fourth);
  }

  /** Takes the sums over a chunk. */
  void add(int chunk, double[] squares) {
    ofChunks[chunk] = squares;
  }

  /**
   * The drift of every replica, in replica order; 0 for one that took no step.
   *
   * @param replicas W
   * @param participants those that took part in the mean
   */
  List<Double> ofReplicas(int replicas, List<Participant> participants) {
    double[] sums = new double[participants.size() + 1];
    for (double[] squares : ofChunks) {
      Arrays.setAll(sums, i -> sums[i] + squares[i]);
    }
    double norm = Math.sqrt(sums[participants.size()]);
    List<Double> drift = new ArrayList<>();
    for (int replica = 0; replica < replicas; replica++) {
      drift.add(0.0);
    }
    for (int i = 0; i < participants.size() && norm > 0; i++) {
      drift.set(participants.get(i).replica(), Math.sqrt(sums[i]) / norm);
    }
    return drift;
  }
}
