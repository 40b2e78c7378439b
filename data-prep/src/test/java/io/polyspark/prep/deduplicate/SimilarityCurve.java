package io.polyspark.prep.deduplicate;

import java.util.ArrayList;
import java.util.List;

/**
 * The share of planted pairs that are candidates, by their similarity, beside what the formula 1 -
 * (1 - s^r)^b expects of the same pairs.
 */
final class SimilarityCurve {
  private static final int BINS = 20;

  private SimilarityCurve() {}

  /**
   * Pairs of about the same similarity.
   *
   * @param from least similarity; the next bin's is 0.05 more
   * @param pairs how many there are
   * @param measured share of them that have a bucket in common
   * @param formula mean of the formula over them
   * @param deviation standard deviation of the share by the formula
   */
  record Bin(double from, int pairs, double measured, double formula, double deviation) {}

  /** The bins that have pairs, ascending. */
  static List<Bin> of(PlantedDuplicates planted, FingerprintOptions options) {
    TextNormalizer normalizer = new TextNormalizer(options.letterCase());
    MinHash minHash = new MinHash(options.bands(), options.rows(), options.seed());
    List<long[]> keys =
        planted.documents().stream()
            .map(document -> normalizer.normalize(document.text()))
            .map(text -> Shingles.of(text, options.shingleWords()))
            .map(shingles -> minHash.bandKeys(minHash.signature(shingles)))
            .toList();
    int[] pairs = new int[BINS];
    int[] candidates = new int[BINS];
    double[] expected = new double[BINS];
    double[] variance = new double[BINS];
    for (int pair = 0; pair < planted.jaccards().size(); pair++) {
      double similarity = planted.jaccards().get(pair);
      int bin = Math.min(BINS - 1, (int) (similarity * BINS));
      double formula = 1 - Math.pow(1 - Math.pow(similarity, options.rows()), options.bands());
      pairs[bin]++;
      candidates[bin] += shareABand(keys.get(2 * pair), keys.get(2 * pair + 1)) ? 1 : 0;
      expected[bin] += formula;
      variance[bin] += formula * (1 - formula);
    }
    List<Bin> bins = new ArrayList<>();
    for (int bin = 0; bin < BINS; bin++) {
      if (pairs[bin] > 0) {
        double n = pairs[bin];
        bins.add(
            new Bin(
                (double) bin / BINS,
                pairs[bin],
                candidates[bin] / n,
                expected[bin] / n,
                Math.sqrt(variance[bin]) / n));
      }
    }
    return bins;
  }

  static boolean shareABand(long[] first, long[] second) {
    for (int band = 0; band < first.length; band++) {
      if (first[band] == second[band]) {
        return true;
      }
    }
    return false;
  }
}
