package io.polyspark.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AmountsTest {
  @Test
  void durationsReadWell() {
    assertThat(Amounts.words(Duration.ofSeconds(59))).isEqualTo("59s");
    assertThat(Amounts.words(Duration.ofSeconds(125))).isEqualTo("2m05s");
    assertThat(Amounts.words(Duration.ofSeconds(3725))).isEqualTo("1h02m");
  }

  @Test
  void bytesReadWell() {
    assertThat(Amounts.bytes(68_400)).isEqualTo("68.4 kB");
    assertThat(Amounts.bytes(67_108_864)).isEqualTo("67.1 MB");
    assertThat(Amounts.bytes(4_294_967_296L)).isEqualTo("4.3 GB");
  }
}
