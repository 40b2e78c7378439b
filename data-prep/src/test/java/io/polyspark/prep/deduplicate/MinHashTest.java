package io.polyspark.prep.deduplicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MinHashTest {
  private static final int BANDS = 14;
  private static final int ROWS = 8;

  @ParameterizedTest
  @CsvSource({"0.4", "0.5", "0.6", "0.65", "0.7", "0.75", "0.8", "0.85", "0.9"})
  void candidatesFollowTheFormula(double similarity) {
    int trials = 4000;
    SplittableRandom random = new SplittableRandom(7);
    MinHash minHash = new MinHash(BANDS, ROWS, 3);
    int common = (int) Math.round(200 * similarity);
    int candidates = 0;
    double rowsAgree = 0;
    for (int trial = 0; trial < trials; trial++) {
      long[] first = random.longs(200).toArray();
      long[] second = first.clone();
      // Of the union of 200, what is not common is divided between the two.
      long[] a = Arrays.copyOf(first, common + (200 - common) / 2);
      long[] b = Arrays.copyOf(second, common + (200 - common) / 2);
      System.arraycopy(first, a.length, b, common, 200 - a.length);
      b = Arrays.copyOf(b, common + 200 - a.length);
      long[] signatureA = minHash.signature(a);
      long[] signatureB = minHash.signature(b);
      candidates +=
          SimilarityCurve.shareABand(minHash.bandKeys(signatureA), minHash.bandKeys(signatureB))
              ? 1
              : 0;
      for (int i = 0; i < signatureA.length; i++) {
        rowsAgree += signatureA[i] == signatureB[i] ? 1 : 0;
      }
    }
    double formula = 1 - Math.pow(1 - Math.pow(similarity, ROWS), BANDS);
    double deviation = Math.sqrt(formula * (1 - formula) / trials);
    assertThat((double) candidates / trials).isCloseTo(formula, within(4 * deviation));
    double rows = (double) trials * BANDS * ROWS;
    assertThat(rowsAgree / rows)
        .isCloseTo(similarity, within(4 * Math.sqrt(similarity * (1 - similarity) / rows)));
  }

  @Test
  void keysOfEqualRowsDifferBetweenBands() {
    MinHash minHash = new MinHash(BANDS, ROWS, 3);
    long[] keys = minHash.bandKeys(new long[BANDS * ROWS]);
    assertThat(Arrays.stream(keys).distinct().count()).isEqualTo(BANDS);
  }

  @Test
  void theSeedDecides() {
    long[] shingles = {1, 2, 3};
    assertThat(new MinHash(2, 3, 5).signature(shingles))
        .isEqualTo(new MinHash(2, 3, 5).signature(shingles))
        .isNotEqualTo(new MinHash(2, 3, 6).signature(shingles));
  }

  @Test
  void shinglesAreThoseOfTheWords() {
    SplittableRandom random = new SplittableRandom(1);
    for (int trial = 0; trial < 200; trial++) {
      String[] first = randomWords(random);
      String[] second = randomWords(random);
      long[] hashes = Shingles.of(String.join(" ", first), 5);
      assertThat(hashes).hasSize(Math.max(1, first.length - 4));
      byte[] a = Shingles.set(hashes);
      byte[] b = Shingles.set(Shingles.of(String.join(" ", second), 5));
      Set<String> expected = PlantedDuplicates.shingles(first);
      assertThat(a).hasSize(8 * expected.size());
      assertThat(Shingles.jaccard(a, b))
          .isEqualTo(
              PlantedDuplicates.jaccard(
                  new HashSet<>(expected), PlantedDuplicates.shingles(second)));
    }
    assertThat(Shingles.of("", 5)).isEmpty();
    assertThat(Shingles.jaccard(new byte[0], new byte[0])).isZero();
  }

  /** Of two words, so that runs repeat. */
  private static String[] randomWords(SplittableRandom random) {
    return random
        .ints(random.nextInt(1, 40), 0, 2)
        .mapToObj(word -> word == 0 ? "a" : "bé")
        .toArray(String[]::new);
  }
}
