package io.polyspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.DataPosition;
import io.polyspark.model.shards.SampleRange;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainerStateTest {
  private static final TrainerState STATE = state(7);

  @Test
  void readsWhatItWrites() {
    assertThat(TrainerState.fromJson(STATE.toJson(), "trainer.json")).isEqualTo(STATE);
  }

  @Test
  void keysAreSnakeCase() {
    assertThat(new String(STATE.toJson(), StandardCharsets.UTF_8))
        .contains(
            "\"format_version\" : 1",
            "\"completed_steps\" : 140",
            "\"unused_samples\" : [ [ 3, 12 ], [ 40, 24 ] ]",
            "\"shard_manifest_sha256\" : \"abab",
            "\"threads_per_task\" : 1",
            "\"blas_core\" : \"SkylakeX\"");
  }

  @Test
  void aKeyOfALaterVersionIsPassedOver() {
    assertThat(TrainerState.fromJson(edited("\"round\"", "\"colour\": 3, \"round\""), "t"))
        .isEqualTo(STATE);
  }

  @Test
  void aCheckpointOfBeforeThereWereUnusedSamplesHasNone() {
    String key = "\"unused_samples\" : [ [ 3, 12 ], [ 40, 24 ] ],";
    TrainerState read = TrainerState.fromJson(edited(key, ""), "t");
    assertThat(read.position()).isEqualTo(new DataPosition(480 * 7, List.of()));
    assertThat(read.configuration()).isEqualTo(STATE.configuration());
    assertThatThrownBy(() -> TrainerState.fromJson(edited("[ 3, 12 ]", "[ 3, 0 ]"), "t"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("0 samples from 3 are no range");
  }

  @Test
  void anotherFormatIsRefused() {
    assertThatThrownBy(
            () ->
                TrainerState.fromJson(
                    edited("\"format_version\" : 1", "\"format_version\" : 2"), "a/trainer.json"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("a/trainer.json has format_version 2")
        .hasMessageContaining("reads 1");
    assertRefused("[]", "format_version missing");
  }

  @Test
  void whatIsMissingOrOfAnotherTypeIsNamed() {
    assertThatThrownBy(() -> TrainerState.fromJson(edited("\"seed\"", "\"sead\""), "t"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("seed");
    assertThatThrownBy(() -> TrainerState.fromJson(edited(": 1337", ": \"x\""), "t"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("\"x\"");
    assertRefused("{", "cannot be read as a trainer's state");
  }

  @Test
  void differencesOfTheEnvironmentAreSaidInWords() {
    Environment before = STATE.environment();
    assertThat(before.differences(before)).isEmpty();
    assertThat(before.differences(new Environment(2, "Nd4jKernels", "Zen", "17.0.15+6")))
        .containsExactly(
            "the number of threads per task was 1 and is 2",
            "the BLAS core type was SkylakeX and is Zen");
  }

  static TrainerState state(int round) {
    return new TrainerState(
        round,
        20L * round,
        480L * round,
        List.of(new SampleRange(3, 12), new SampleRange(40, 24)),
        30720L * round,
        1337,
        2,
        12,
        64,
        "ab".repeat(32),
        Map.of("steps", 2000, "optimizer", Map.of("lr", 1e-3), "averaging", "average"),
        new Environment(1, "Nd4jKernels", "SkylakeX", "17.0.15+6"));
  }

  private static void assertRefused(String json, String message) {
    assertThatThrownBy(
            () -> TrainerState.fromJson(json.getBytes(StandardCharsets.UTF_8), "trainer.json"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message);
  }

  private static byte[] edited(String from, String to) {
    String json = new String(STATE.toJson(), StandardCharsets.UTF_8);
    assertThat(json).contains(from);
    return json.replace(from, to).getBytes(StandardCharsets.UTF_8);
  }
}
