package io.polyspark.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigDifferencesTest {
  @Test
  void namesTheKeyWithBothValues() {
    assertThat(
            ConfigDifferences.between(
                Map.of("steps", 10, "optimizer", Map.of("lr", 1e-3)),
                Map.of("steps", 10L, "optimizer", Map.of("lr", 5e-4))))
        .isEqualTo(List.of("optimizer.lr was 0.001 and is 5.0E-4"));
  }

  @Test
  void leavesOutWhatChangesNoBits() {
    Map<String, Object> now = Map.of("recompute", "block", "batch", 4);
    assertThat(ConfigDifferences.between(Map.of("recompute", "none", "batch", 4), now)).isEmpty();
    assertThat(ConfigDifferences.between(Map.of("batch", 4), now)).isEmpty();
    assertThat(ConfigDifferences.between(Map.of("recompute", "none", "batch", 8), now))
        .isEqualTo(List.of("batch was 8 and is 4"));
  }

  @Test
  void namesKeysThatAreGone() {
    assertThat(
            ConfigDifferences.between(
                Map.of("inner_steps", Map.of("0", 20, "50", 40)),
                Map.of("inner_steps", Map.of("0", 20))))
        .isEqualTo(List.of("inner_steps.50 was 40 and is not set"));
  }
}
