package io.polyspark.model.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.config.UserError;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerTest {
  /** Logits of the probabilities 1/8, 4/8, 1/8 and 2/8, and of one id that is never drawn. */
  private static final float[] LOGITS = {log(1), log(4), log(1), log(2), 100};

  private static final int VOCABULARY = 4;
  private static final int DRAWS = 20_000;

  @Test
  void temperatureZeroTakesTheMostLikely() {
    assertThat(frequencies(new Sampling(1, 0, 0, 1))).containsExactly(0, 1, 0, 0);
  }

  @Test
  void temperatureOneDrawsFromTheSoftmax() {
    assertThat(frequencies(new Sampling(1, 1, 0, 1)))
        .containsExactly(new double[] {0.125, 0.5, 0.125, 0.25}, within(0.015));
  }

  @Test
  void temperatureDividesTheLogits() {
    // Weights to the power 2: 1, 16, 1, 4.
    assertThat(frequencies(new Sampling(1, 0.5, 0, 1)))
        .containsExactly(new double[] {1 / 22.0, 16 / 22.0, 1 / 22.0, 4 / 22.0}, within(0.015));
  }

  @Test
  void topKDrawsFromTheMostLikelyOnly() {
    assertThat(frequencies(new Sampling(1, 1, 2, 1)))
        .containsExactly(new double[] {0, 2 / 3.0, 0, 1 / 3.0}, within(0.015));
  }

  @Test
  void topKTakesTheFirstOfEquals() {
    assertThat(frequencies(new Sampling(1, 1, 3, 1)))
        .containsExactly(new double[] {1 / 7.0, 4 / 7.0, 0, 2 / 7.0}, within(0.015));
  }

  @Test
  void topKBeyondTheVocabularyIsAll() {
    assertThat(draws(new Sampling(1, 1, 99, 5))).isEqualTo(draws(new Sampling(1, 1, 0, 5)));
  }

  @Test
  void theSeedDecides() {
    assertThat(draws(new Sampling(1, 1, 0, 5))).isEqualTo(draws(new Sampling(1, 1, 0, 5)));
    assertThat(draws(new Sampling(1, 1, 0, 5))).isNotEqualTo(draws(new Sampling(1, 1, 0, 6)));
  }

  @Test
  void aTemperatureNearZeroTakesTheMostLikely() {
    assertThat(frequencies(new Sampling(1, 1e-300, 0, 1))).containsExactly(0, 1, 0, 0);
  }

  @Test
  void aLogitThatIsNoNumberIsSaid() {
    Sampler sampler = new Sampler(new Sampling(1, 1, 0, 1));
    assertThatThrownBy(() -> sampler.next(new float[] {0, Float.NaN}, 2))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("logit of token 1 is NaN");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 0, Cannot generate 0 tokens",
    "1, -0.5, 0, The temperature cannot be -0.5",
    "1, NaN, 0, The temperature cannot be NaN",
    "1, Infinity, 0, The temperature cannot be Infinity",
    "1, 1, -3, Cannot draw from the -3 most likely"
  })
  void numbersOutOfRangeAreRefused(int maxTokens, double temperature, int topK, String message) {
    assertThatThrownBy(() -> new Sampling(maxTokens, temperature, topK, 1))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message);
  }

  private static double[] frequencies(Sampling sampling) {
    int[] draws = draws(sampling);
    return IntStream.range(0, VOCABULARY)
        .mapToDouble(id -> IntStream.of(draws).filter(draw -> draw == id).count())
        .map(count -> count / draws.length)
        .toArray();
  }

  private static int[] draws(Sampling sampling) {
    Sampler sampler = new Sampler(sampling);
    return IntStream.range(0, DRAWS).map(draw -> sampler.next(LOGITS, VOCABULARY)).toArray();
  }

  private static float log(double weight) {
    return (float) Math.log(weight);
  }
}
