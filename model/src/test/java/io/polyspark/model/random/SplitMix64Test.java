package io.polyspark.model.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SplitMix64Test {
  /** Java's own is the same generator, one number after the other. */
  @Test
  void theNumbersAreThoseOfJavasGenerator() {
    SplittableRandom theirs = new SplittableRandom(theirMix(theirMix(SplitMix64.GAMMA) + 42));
    SplitMix64 ours = new SplitMix64(42);
    assertThat(LongStream.range(0, 100).map(ours::at).toArray())
        .isEqualTo(theirs.longs(100).toArray());
  }

  @Test
  void everyKeyAndTheirOrderMakeAnotherSequence() {
    assertThat(
            LongStream.of(
                    new SplitMix64().at(0),
                    new SplitMix64(0).at(0),
                    new SplitMix64(0, 0).at(0),
                    new SplitMix64(1, 2).at(0),
                    new SplitMix64(2, 1).at(0),
                    new SplitMix64(1, 2, 0).at(0),
                    new SplitMix64(1, 2).at(1))
                .distinct())
        .hasSize(7);
  }

  private static long theirMix(long value) {
    return new SplittableRandom(value - SplitMix64.GAMMA).nextLong();
  }
}
