package io.polyspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.transformer.Recompute;
import io.polyspark.train.averaging.DeltaFormat;
import io.polyspark.train.averaging.OptimizerStatePolicy;
import io.polyspark.train.averaging.OuterOptimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainConfigTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve("x.yaml");
  }

  @ParameterizedTest
  @ValueSource(strings = {"char.yaml", "quickstart.yaml"})
  void theFilesThatWeShipAreRight(String name) {
    Path shipped = Path.of(System.getProperty("conf.dir"), "train", name);
    TrainConfig config = TrainConfig.load(shipped, List.of());
    assertThat(config.replicas()).isEqualTo(Replicas.fixed(2));
    assertThat(config.context()).isEqualTo(64);
  }

  @Test
  void everyKeyButModelHasADefault() throws IOException {
    TrainConfig config = load("model: char");
    assertThat(config.replicas()).isEqualTo(Replicas.fixed(2));
    assertThat(config.roundDeadline()).isEqualTo(RoundDeadline.NONE);
    assertThat(config.steps()).isEqualTo(2000);
    assertThat(config.innerSteps()).isEqualTo(InnerSteps.constant(20));
    assertThat(config.batch()).isEqualTo(12);
    assertThat(config.context()).isEqualTo(64);
    assertThat(config.recompute()).isEqualTo(Recompute.NONE);
    assertThat(config.optimizer().lr()).isEqualTo(1e-3);
    assertThat(config.optimizer().minLr()).isEqualTo(1e-4);
    assertThat(config.optimizer().warmupSteps()).isEqualTo(100);
    assertThat(config.optimizer().beta2()).isEqualTo(0.99);
    assertThat(config.averaging().optimizerState()).isEqualTo(OptimizerStatePolicy.AVERAGED);
    assertThat(config.validation()).isEqualTo(new TrainConfig.Validation(10, 65536));
    assertThat(config.checkpoint()).isEqualTo(new TrainConfig.Checkpoints(10, 3, 3));
    assertThat(config.health()).isEqualTo(new HealthLimits(0.99, 0.5, 0.9, 0.1, 8, 200, 2));
    assertThat(config.metrics().tensorboard()).isFalse();
    assertThat(config.seed()).isEqualTo(1337);
  }

  @Test
  void limitsOfHealthAreReadAndSaved() throws IOException {
    TrainConfig config =
        load(
            "model: char\nhealth: {dead_channels: 0.25}",
            "health.straggler=3",
            "metrics.tensorboard=true");
    assertThat(config.health()).isEqualTo(new HealthLimits(0.99, 0.25, 0.9, 0.1, 8, 200, 3));
    assertThat(TrainConfig.fromMap(config.toMap(), "the test")).isEqualTo(config);
    assertThatThrownBy(() -> load("model: char", "health.saturation=1.5"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("health.saturation")
        .hasMessageContaining("a number from 0 to 1");
  }

  @Test
  void overridesGoBeforeTheFileAndReachIntoAPreset() throws IOException {
    TrainConfig config =
        load(
            "model: char\nsteps: 100\noptimizer: {lr: 1e-3}",
            "steps=50",
            "optimizer.lr=3e-4",
            "recompute=block",
            "averaging.optimizer_state=kept",
            "model.hidden_act=swiglu",
            "model.num_hidden_layers=2");
    assertThat(config.steps()).isEqualTo(50);
    assertThat(config.optimizer().lr()).isEqualTo(3e-4);
    assertThat(config.recompute()).isEqualTo(Recompute.BLOCK);
    assertThat(config.averaging().optimizerState()).isEqualTo(OptimizerStatePolicy.KEPT);
    assertThat(config.model().hiddenAct()).containsOnly("swiglu");
    assertThat(config.model().numHiddenLayers()).isEqualTo(2);
    assertThat(config.model().hiddenSize()).isEqualTo(128);
  }

  @Test
  void theLastRoundTakesWhatIsLeft() throws IOException {
    TrainConfig config = load("model: char\nsteps: 50\ninner_steps: 20");
    assertThat(config.rounds()).isEqualTo(3);
    assertThat(config.stepsAfter(0)).isEqualTo(20);
    assertThat(config.stepsAfter(40)).isEqualTo(10);
    assertThat(config.totalTokens()).isEqualTo(50L * 2 * 12 * 64);
  }

  @Test
  void roundsGrowBySchedule() throws IOException {
    TrainConfig config =
        load("model: char\nsteps: 137\ninner_steps: {0: 20, 50: 40, 1000: 7}", "batch=2");
    List<Integer> rounds = new ArrayList<>();
    for (long done = 0; done < config.steps(); done += config.stepsAfter(done)) {
      rounds.add(config.stepsAfter(done));
    }
    // A round ends at 50, where the schedule goes on, and at the end of the run.
    assertThat(rounds).containsExactly(20, 20, 10, 40, 40, 7);
    assertThat(config.rounds()).isEqualTo(6);
    // Where a round's replicas were all late the next one begins between its places.
    assertThat(config.stepsAfter(33)).isEqualTo(17);
    assertThat(config.toMap()).containsEntry("inner_steps", Map.of("0", 20, "50", 40, "1000", 7));
    Files.writeString(file, config.toYaml());
    assertThat(TrainConfig.load(file, List.of())).isEqualTo(config);
    assertThat(load("model: char", "inner_steps={0: 5}").innerSteps())
        .isEqualTo(InnerSteps.constant(5));
  }

  @Test
  void aScheduleThatCannotBeIsNamed() {
    String accepted =
        "inner_steps must be a whole number of at least 1, or such numbers by the completed steps"
            + " from which they hold, as in {0: 20, 1000: 100}, found ";
    mistake("model: char\ninner_steps: often", accepted + "'often'.");
    mistake("model: char\ninner_steps: {0: 20, later: 100}", accepted + "'{0=20, later=100}'.");
    mistake("model: char\ninner_steps: {0: 20, 1000: 0}", accepted + "'{0=20, 1000=0}'.");
    mistake("model: char\ninner_steps: {0: 20, -5: 10}", accepted + "'{0=20, -5=10}'.");
    mistake("model: char\ninner_steps: {0: 20, 1000: [5]}", accepted);
    mistake(
        "model: char\ninner_steps: {10: 20}",
        "inner_steps must be a schedule that begins with step 0, as {0: 20, 1000: 100} does, found"
            + " '{10=20}'.");
    mistake(
        "model: char\nsteps: 5000000000\ninner_steps: 1",
        "inner_steps must be so large that there are at most 2147483647 rounds, found 1.");
  }

  @Test
  void deadlinesAreTimesTheMedian() throws IOException {
    TrainConfig config = load("model: char\nround_deadline: 2.5x median");
    assertThat(config.roundDeadline().factor()).hasValue(2.5);
    assertThat(config.roundDeadline().limitSeconds(OptionalDouble.of(2), 20)).isEqualTo(100);
    assertThat(config.roundDeadline().limitSeconds(OptionalDouble.empty(), 20)).isInfinite();
    assertThat(RoundDeadline.NONE.limitSeconds(OptionalDouble.of(2), 20)).isInfinite();
    assertThat(RoundDeadline.medianOf(List.of(3.0, 1.0, 9.0, 2.0))).hasValue(2);
    assertThat(RoundDeadline.medianOf(List.of(3.0, 1.0, 9.0))).hasValue(3);
    Files.writeString(file, config.toYaml());
    assertThat(TrainConfig.load(file, List.of())).isEqualTo(config);
    assertThat(load("model: char", "round_deadline=2x median").roundDeadline().factor())
        .hasValue(2);
    String accepted =
        "round_deadline must be none, or a number above 1 times the median replica's time, such as"
            + " 2x median, found ";
    mistake("model: char\nround_deadline: 1x median", accepted + "'1x median'.");
    mistake("model: char\nround_deadline: 2", accepted + "2.");
    mistake("model: char\nround_deadline: 2x mean", accepted + "'2x mean'.");
  }

  @Test
  void replicasMayBeARange() throws IOException {
    TrainConfig config = load("model: char\nreplicas: {min: 2, max: 4}");
    assertThat(config.replicas()).isEqualTo(new Replicas(2, 4));
    assertThat(config.replicas().in(() -> 1)).isEqualTo(2);
    assertThat(config.replicas().in(() -> 3)).isEqualTo(3);
    assertThat(config.replicas().in(() -> 9)).isEqualTo(4);
    Files.writeString(file, config.toYaml());
    assertThat(TrainConfig.load(file, List.of())).isEqualTo(config);
    assertThat(load("model: char", "replicas={max: 3}").replicas()).isEqualTo(new Replicas(1, 3));
    mistake(
        "model: char\nreplicas: many",
        "replicas must be a whole number of at least 1, or a range such as {min: 1, max: 8}, found"
            + " 'many'.");
    mistake("model: char\nreplicas: {min: 3}", "or a range such as {min: 1, max: 8}, found");
    mistake(
        "model: char\nreplicas: {min: 5, max: 4}",
        "replicas.min must be a whole number from 1 to 4, found 5.");
    mistake("model: char\nreplicas: {low: 1, max: 4}", "unknown key 'replicas.low'");
  }

  @Test
  void whatIsWrittenReadsBack() throws IOException {
    TrainConfig config =
        load(
            "model: char\nrecompute: mlp\ndtype: bf16\noptimizer: {lr: 2e-3, eps: 1e-8}",
            "seed=-7");
    assertThat(config.toMap()).containsEntry("recompute", "mlp");
    assertThat(config.computeOptions()).isEqualTo(new ComputeOptions(Recompute.MLP, Dtype.BF16));
    Files.writeString(file, config.toYaml());
    assertThat(TrainConfig.load(file, List.of())).isEqualTo(config);
    assertThat(TrainConfig.fromMap(config.toMap(), "trainer.json")).isEqualTo(config);
  }

  @Test
  void unknownKeysAreNamedWithTheNearest() {
    mistake(
        "model: char\ninner_step: 5",
        "unknown key 'inner_step' (did you mean 'inner_steps'?); accepted are model, replicas,"
            + " steps, inner_steps, round_deadline, batch, context, recompute, dtype, device, optimizer, averaging, validation,"
            + " checkpoint, health, metrics, seed.");
    mistake(
        "model: char\noptimizer: {momentum: 0.9}",
        "unknown key 'optimizer.momentum'; accepted are lr, min_lr, warmup_steps, beta1, beta2, eps,"
            + " weight_decay, clip_norm.");
  }

  @Test
  void wrongValuesAreNamedWithWhatIsAccepted() {
    mistake(
        "model: char\nbatch: twelve",
        "batch must be a whole number from 1 to 2147483647, found 'twelve'.");
    mistake("model: char\nsteps: 1.5", "steps must be a whole number", "found 1.5");
    mistake("model: char\nsteps: 0", "found 0");
    mistake("model: char\nreplicas: [2]", "found '[2]'");
    mistake("model: char\noptimizer: {lr: -1}", "optimizer.lr must be a number above 0, found -1");
    mistake(
        "model: char\noptimizer: {lr: 1e-3, min_lr: 1}",
        "optimizer.min_lr must be a number from 0 to lr, which is 0.001, found 1");
    mistake(
        "model: char\nrecompute: attention",
        "recompute must be one of none, mlp, block, found 'attention'.");
    mistake(
        "model: char\ndtype: bfloat16",
        "dtype must be one of float32, tf32, bf16, found 'bfloat16'.");
    mistake("model: char\noptimizer: 3", "optimizer must be keys such as {lr: ...}, found 3");
    mistake(
        "model: char\naveraging: {optimizer_state: mean}",
        "averaging.optimizer_state must be one of averaged, kept, reset, found 'mean'");
    mistake(
        "model: char\naveraging: {outer: lion}",
        "averaging.outer must be one of average, sgd, nesterov, adam, found 'lion'.");
    mistake(
        "model: char\naveraging: {outer: nesterov, momentum: 1}",
        "averaging.momentum must be a number from 0 to below 1, found 1.");
    mistake(
        "model: char\naveraging: {outer: adam, eps: 0}",
        "averaging.eps must be a number above 0, found 0.");
  }

  @Test
  void aNumberThatTheOuterOptimizerDoesNotTakeIsNamed() throws IOException {
    mistake(
        "model: char\naveraging: {lr: 0.7}",
        "averaging.lr must be left out with averaging.outer: average, which takes no numbers, found"
            + " 0.7.");
    mistake(
        "model: char\naveraging: {outer: sgd, momentum: 0.9}",
        "averaging.momentum must be left out with averaging.outer: sgd, which takes lr, found 0.9.");
    mistake(
        "model: char\naveraging: {outer: nesterov, weight_decay: 0.1}",
        "unknown key 'averaging.weight_decay'; accepted are outer, optimizer_state, deltas,"
            + " error_feedback, driver_state, lr, momentum, beta1, beta2, eps.");
    Files.writeString(file, "model: char\naveraging: {outer: adam}");
    assertThatThrownBy(() -> TrainConfig.load(file, List.of("averaging.momentum=0.5")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "--set averaging.momentum=0.5: averaging.momentum must be left out with"
                + " averaging.outer: adam, which takes lr, beta1, beta2, eps, found 0.5.");
  }

  @Test
  void outerOptimizersHaveTheirDefaultsAndAreWrittenWithTheirKeysAlone() throws IOException {
    assertOuter("average", OuterOptimizer.average(), "outer");
    assertOuter("sgd", OuterOptimizer.sgd(1), "outer", "lr");
    assertOuter("nesterov", OuterOptimizer.nesterov(0.7, 0.9), "outer", "lr", "momentum");
    assertOuter(
        "adam",
        OuterOptimizer.adam(1e-3, 0.9, 0.999, 1e-8),
        "outer",
        "lr",
        "beta1",
        "beta2",
        "eps");
    TrainConfig set = load("model: char\naveraging: {outer: nesterov, lr: 0.5, momentum: 0.8}");
    assertThat(set.averaging().outer()).isEqualTo(OuterOptimizer.nesterov(0.5, 0.8));
  }

  @Test
  void deltasTravelAsTheyAreUnlessToldOtherwise() throws IOException {
    TrainConfig.Averaging exact = load("model: char").averaging();
    assertThat(exact.deltas()).isEqualTo(DeltaFormat.FP32);
    assertThat(exact.errorFeedback()).isFalse();
    TrainConfig rounded = load("model: char\naveraging: {deltas: int8, error_feedback: true}");
    assertThat(rounded.averaging().deltas()).isEqualTo(DeltaFormat.INT8);
    assertThat(rounded.averaging().errorFeedback()).isTrue();
    Files.writeString(file, rounded.toYaml());
    assertThat(TrainConfig.load(file, List.of())).isEqualTo(rounded);
    assertThat(
            TrainConfig.load(
                    file, List.of("averaging.deltas=fp32", "averaging.error_feedback=false"))
                .averaging())
        .isEqualTo(exact);

    mistake(
        "model: char\naveraging: {deltas: fp16}",
        "averaging.deltas must be one of fp32, bf16, int8, found 'fp16'.");
    mistake(
        "model: char\naveraging: {deltas: int8, error_feedback: 1}",
        "averaging.error_feedback must be true or false, found 1.");
    mistake(
        "model: char\naveraging: {error_feedback: true}",
        "averaging.error_feedback must be false with averaging.deltas: fp32, which makes no errors,"
            + " found true.");
  }

  private void assertOuter(String name, OuterOptimizer expected, String... keys)
      throws IOException {
    TrainConfig config = load("model: char\naveraging: {outer: " + name + "}");
    assertThat(config.averaging().outer()).isEqualTo(expected);
    List<Object> written = List.copyOf(((Map<?, ?>) config.toMap().get("averaging")).keySet());
    assertThat(written.subList(0, keys.length)).isEqualTo(List.of(keys));
    assertThat(written.subList(keys.length, written.size()))
        .isEqualTo(List.of("optimizer_state", "deltas", "error_feedback", "driver_state"));
    Files.writeString(file, config.toYaml());
    assertThat(TrainConfig.load(file, List.of())).isEqualTo(config);
  }

  @Test
  void impossibleCombinationsAreNamed() {
    mistake(
        "model: char\ncontext: 65",
        "context must be at most the model's max_position_embeddings, which is 64, found 65");
    mistake(
        "model: char\nsteps: 10\noptimizer: {warmup_steps: 11}",
        "optimizer.warmup_steps must be a whole number from 0 to 10, found 11");
    mistake(
        "model: moe-tiny\ncontext: 17",
        "context must be at most the model's max_position_embeddings, which is 16, found 17");
    mistake(
        "model: moe-tiny\nbatch: 100000000",
        "batch must be below 2^31 / context / num_experts_per_tok, found 100000000");
    mistake("model: char\nbatch: 100000000", "batch must be below 2^31 / context");
  }

  @Test
  void anOverrideIsNamedWhereItIsWrong() throws IOException {
    Files.writeString(file, "model: char");
    assertThatThrownBy(() -> TrainConfig.load(file, List.of("optimizer.lr=fast")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "--set optimizer.lr=fast: optimizer.lr must be a number above 0, found 'fast'.");
    assertThatThrownBy(() -> TrainConfig.load(file, List.of("optimizer.lr")))
        .isInstanceOf(UserError.class)
        .hasMessage("--set takes key=value, such as optimizer.lr=1e-3, found 'optimizer.lr'.");
  }

  @Test
  void filesThatAreMissingOrNoYamlAreNamed() throws IOException {
    assertThatThrownBy(() -> TrainConfig.load(file, List.of()))
        .isInstanceOf(UserError.class)
        .hasMessage(file + ": no such configuration file.");
    mistake("steps: 5", "key 'model' is missing");
    mistake("model: char\nmodel: tiny", "line 2");
    mistake("model: {", "is not YAML");
    mistake("just words", "is not YAML of the form 'key: value'");
    mistake("- model: char", "is not YAML of the form 'key: value'");
    mistake("", "is not YAML of the form 'key: value'");
  }

  private TrainConfig load(String yaml, String... overrides) throws IOException {
    Files.writeString(file, yaml);
    return TrainConfig.load(file, List.of(overrides));
  }

  /** The message is one line, begins with the file and holds the parts. */
  private void mistake(String yaml, String... parts) {
    assertThatThrownBy(() -> load(yaml))
        .isInstanceOf(UserError.class)
        .message()
        .startsWith(file.toString())
        .contains(parts)
        .doesNotContain("\n");
  }
}
