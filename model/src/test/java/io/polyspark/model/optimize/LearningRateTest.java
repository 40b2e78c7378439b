package io.polyspark.model.optimize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateTest {
  private static final double ROUNDING = 1e-15;

  private final LearningRate rate = new LearningRate(1e-3, 1e-4, 100, 2000);

  @Test
  void warmsUpLinearlyFromTheFirstStep() {
    assertThat(rate.at(0)).isEqualTo(1e-5, within(ROUNDING));
    assertThat(rate.at(49)).isEqualTo(5e-4, within(ROUNDING));
    assertThat(rate.at(99)).isEqualTo(1e-3, within(ROUNDING));
  }

  @Test
  void fallsAlongHalfACosine() {
    assertThat(rate.at(100)).isEqualTo(1e-3, within(ROUNDING));
    assertThat(rate.at(1050)).isEqualTo((1e-3 + 1e-4) / 2, within(ROUNDING));
    assertThat(rate.at(575)).isEqualTo(1e-4 + 9e-4 * (2 + Math.sqrt(2)) / 4, within(ROUNDING));
  }

  @Test
  void staysAtTheLeastFromTheEndOn() {
    assertThat(rate.at(1999)).isGreaterThan(1e-4).isLessThan(1.00001e-4);
    assertThat(rate.at(2000)).isEqualTo(1e-4);
    assertThat(rate.at(1L << 40)).isEqualTo(1e-4);
  }

  @Test
  void needsNoWarmUp() {
    assertThat(new LearningRate(0.01, 0.01, 0, 3).at(0)).isEqualTo(0.01, within(ROUNDING));
  }

  @Test
  void mayEndWithinTheWarmUp() {
    assertThat(new LearningRate(1, 0, 10, 5).at(4)).isEqualTo(0.5, within(ROUNDING));
  }
}
