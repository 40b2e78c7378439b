package io.polyspark.train;

import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.config.ConfigSection;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.Overrides;
import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.optimize.AdamWConfig;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.transformer.Recompute;
import io.polyspark.train.averaging.DeltaFormat;
import io.polyspark.train.averaging.OptimizerStatePolicy;
import io.polyspark.train.averaging.OuterOptimizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a training run is to do: a YAML file whose keys are these components in snake case. Every
 * key but {@code model} has a default. Checked whole, before Spark starts.
 *
 * @param model the network
 * @param replicas W, models that train side by side
 * @param steps optimizer steps of each replica
 * @param innerSteps H, steps between two averages; the last round takes what is left
 * @param roundDeadline how long replicas wait for a slow one
 * @param batch B, sequences per replica and step
 * @param context T, tokens per sequence
 * @param recompute what the backward pass computes again instead of keeping it
 * @param dtype what matrix products read
 * @param device where replicas compute, or that it is to be found out
 * @param optimizer AdamW and its schedule over {@code steps}
 * @param averaging what happens between rounds
 * @param validation how often the averaged model is measured
 * @param checkpoint how often it is kept
 * @param health where measures of it stop being normal
 * @param metrics where they go beside {@code metrics.jsonl}
 * @param seed of the initial parameters, the data order and the rounding of deltas
 */
public record TrainConfig(
    ModelConfig model,
    Replicas replicas,
    long steps,
    InnerSteps innerSteps,
    RoundDeadline roundDeadline,
    int batch,
    int context,
    Recompute recompute,
    Dtype dtype,
    DeviceSelection.Wanted device,
    AdamWConfig optimizer,
    Averaging averaging,
    Validation validation,
    Checkpoints checkpoint,
    HealthLimits health,
    MetricsOutput metrics,
    long seed) {

  /**
   * What happens between rounds.
   *
   * @param outer what turns the mean of the replicas into the next parameters
   * @param optimizerState what becomes of the replicas' AdamW moments between rounds
   * @param deltas in which numbers the replicas' deltas travel
   * @param errorFeedback whether what rounding changes of a delta goes into the replica's next one
   * @param driverState where the driver keeps parameters and states between rounds
   */
  public record Averaging(
      OuterOptimizer outer,
      OptimizerStatePolicy optimizerState,
      DeltaFormat deltas,
      boolean errorFeedback,
      DriverState driverState) {}

  /** Where the driver keeps the vectors that lie between two rounds. */
  public enum DriverState {
    /** On its heap. */
    MEMORY,
    /** In files under Spark's local directory. */
    DISK
  }

  /**
   * How often the averaged model is measured.
   *
   * @param everyRounds validate after every so many rounds and after the last; 0 for never
   * @param maxTokens validate on at most so many tokens
   */
  public record Validation(int everyRounds, long maxTokens) {}

  /**
   * Which checkpoints stay.
   *
   * @param everyRounds keep a checkpoint after every so many rounds; the last round always has one
   * @param keep the newest so many stay
   * @param maxFailures training stops when more than so many in a row could not be written
   */
  public record Checkpoints(int everyRounds, int keep, int maxFailures) {}

  /**
   * Where metrics go beside {@code metrics.jsonl}.
   *
   * @param tensorboard whether event files are written for TensorBoard
   */
  public record MetricsOutput(boolean tensorboard) {}

  /**
   * Reads a file.
   *
   * @param overrides {@code key=value}, keys dotted ({@code optimizer.lr=1e-3}), over what the file
   *     says; {@code model.KEY} also where the file names a preset
   * @throws UserError naming the file or override, the key, what was found and what is accepted
   */
  public static TrainConfig load(Path file, List<String> overrides) {
    Map<String, Object> values = keys(file);
    Overrides set = Overrides.parse(overrides);
    set.applyTo(values, file.toString());
    return read(values, key -> set.origin(key).orElse(file.toString()));
  }

  /**
   * The keys of a file as they stand there, to be laid over or under others.
   *
   * @throws UserError if it is missing or no YAML
   */
  public static Map<String, Object> keys(Path file) {
    return modelBeside(file, ConfigFile.read(file));
  }

  /** The same keys, where the path of a model that stands in the file leads from here. */
  public static Map<String, Object> modelBeside(Path file, Map<String, ?> keys) {
    Map<String, Object> values = new LinkedHashMap<>(keys);
    values.computeIfPresent("model", (key, model) -> besides(file, model));
    return values;
  }

  /**
   * Reads what {@link #toMap} wrote.
   *
   * @param source what to name in a complaint
   */
  public static TrainConfig fromMap(Map<String, ?> values, String source) {
    return read(values, key -> source);
  }

  /** The number of rounds. */
  public int rounds() {
    return Math.toIntExact(innerSteps.rounds(steps));
  }

  /**
   * The steps that the round takes which begins after so many.
   *
   * @param completedSteps below {@code steps}
   */
  public int stepsAfter(long completedSteps) {
    return innerSteps.after(completedSteps, steps);
  }

  /** Tokens that the replicas train on in the whole run, where all of them take part in it. */
  public long totalTokens() {
    return steps * replicas.max() * batch * context;
  }

  /**
   * How a replica computes its steps: on the CPU, unless a card was asked for or {@link #on} has
   * found one.
   */
  public ComputeOptions computeOptions() {
    return new ComputeOptions(
        recompute, dtype, device == DeviceSelection.Wanted.CUDA ? Device.CUDA : Device.CPU);
  }

  /** The same run, where it has been found out what computes it. */
  public TrainConfig on(Device found) {
    DeviceSelection.Wanted known =
        found == Device.CUDA ? DeviceSelection.Wanted.CUDA : DeviceSelection.Wanted.CPU;
    return new TrainConfig(
        model,
        replicas,
        steps,
        innerSteps,
        roundDeadline,
        batch,
        context,
        recompute,
        dtype,
        known,
        optimizer,
        averaging,
        validation,
        checkpoint,
        health,
        metrics,
        seed);
  }

  /** Every key with its value, the model's inline, in the order of the documentation. */
  public Map<String, Object> toMap() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", model.toMap());
    values.put("replicas", replicas.toValue());
    values.put("steps", steps);
    values.put("inner_steps", innerSteps.toValue());
    values.put("round_deadline", roundDeadline.toValue());
    values.put("batch", batch);
    values.put("context", context);
    values.put("recompute", ConfigSection.nameOf(recompute));
    values.put("dtype", ConfigSection.nameOf(dtype));
    values.put("device", ConfigSection.nameOf(device));
    Map<String, Object> adamW = new LinkedHashMap<>();
    adamW.put("lr", optimizer.lr());
    adamW.put("min_lr", optimizer.minLr());
    adamW.put("warmup_steps", optimizer.warmupSteps());
    adamW.put("beta1", optimizer.beta1());
    adamW.put("beta2", optimizer.beta2());
    adamW.put("eps", optimizer.eps());
    adamW.put("weight_decay", optimizer.weightDecay());
    adamW.put("clip_norm", optimizer.clipNorm());
    values.put("optimizer", adamW);
    Map<String, Object> between = new LinkedHashMap<>();
    between.putAll(OuterSection.toMap(averaging.outer()));
    between.put("optimizer_state", ConfigSection.nameOf(averaging.optimizerState()));
    between.put("deltas", ConfigSection.nameOf(averaging.deltas()));
    between.put("error_feedback", averaging.errorFeedback());
    between.put("driver_state", ConfigSection.nameOf(averaging.driverState()));
    values.put("averaging", between);
    Map<String, Object> measured = new LinkedHashMap<>();
    measured.put("every_rounds", validation.everyRounds());
    measured.put("max_tokens", validation.maxTokens());
    values.put("validation", measured);
    Map<String, Object> kept = new LinkedHashMap<>();
    kept.put("every_rounds", checkpoint.everyRounds());
    kept.put("keep", checkpoint.keep());
    kept.put("max_failures", checkpoint.maxFailures());
    values.put("checkpoint", kept);
    values.put("health", health.toMap());
    values.put("metrics", new LinkedHashMap<>(Map.of("tensorboard", metrics.tensorboard())));
    values.put("seed", seed);
    return values;
  }

  /** {@link #toMap} as a file that {@link #load} reads. */
  public String toYaml() {
    return ConfigFile.write(toMap());
  }

  private static TrainConfig read(Map<String, ?> values, ConfigSection.Source source) {
    ConfigSection root =
        ConfigSection.root(
            source,
            values,
            "model",
            "replicas",
            "steps",
            "inner_steps",
            "round_deadline",
            "batch",
            "context",
            "recompute",
            "dtype",
            "device",
            "optimizer",
            "averaging",
            "validation",
            "checkpoint",
            "health",
            "metrics",
            "seed");
    ModelConfig model =
        ModelConfig.load(
            root.value("model")
                .orElseThrow(
                    () ->
                        UserError.of(
                            "%s: key 'model' is missing; it takes a preset's name (such as char), a"
                                + " path, or the model's keys inline.",
                            source.of("model"))),
            source.of("model") + ": model");
    long steps = root.whole("steps", 2000, 1, Long.MAX_VALUE);
    InnerSteps innerSteps = InnerSteps.read(root);
    if (innerSteps.rounds(steps) > Integer.MAX_VALUE) {
      throw root.mistake(
          "inner_steps",
          "so large that there are at most " + Integer.MAX_VALUE + " rounds",
          innerSteps.toValue());
    }
    int longest = model.maxPositionEmbeddings();
    int context = root.count("context", longest, 1);
    if (context > longest) {
      throw root.mistake(
          "context", "at most the model's max_position_embeddings, which is " + longest, context);
    }
    int batch = root.count("batch", 12, 1);
    if ((long) batch * context > Integer.MAX_VALUE / model.mlpsPerToken()) {
      throw root.mistake(
          "batch",
          model.isMixtureOfExperts()
              ? "below 2^31 / context / num_experts_per_tok"
              : "below 2^31 / context",
          batch);
    }
    return new TrainConfig(
        model,
        Replicas.read(root),
        steps,
        innerSteps,
        RoundDeadline.read(root),
        batch,
        context,
        root.choice("recompute", Recompute.class, Recompute.NONE),
        root.choice("dtype", Dtype.class, Dtype.FLOAT32),
        root.choice("device", DeviceSelection.Wanted.class, DeviceSelection.Wanted.AUTO),
        optimizer(root, steps),
        averaging(root),
        validation(root),
        checkpoints(root),
        HealthLimits.read(root),
        new MetricsOutput(root.section("metrics", "tensorboard").flag("tensorboard", false)),
        root.whole("seed", 1337, Long.MIN_VALUE, Long.MAX_VALUE));
  }

  private static AdamWConfig optimizer(ConfigSection root, long steps) {
    ConfigSection section =
        root.section(
            "optimizer",
            "lr",
            "min_lr",
            "warmup_steps",
            "beta1",
            "beta2",
            "eps",
            "weight_decay",
            "clip_norm");
    double lr = section.number("lr", 1e-3, x -> x > 0, "a number above 0");
    return new AdamWConfig(
        lr,
        section.number(
            "min_lr", lr / 10, x -> x >= 0 && x <= lr, "a number from 0 to lr, which is " + lr),
        section.whole("warmup_steps", steps / 20, 0, steps),
        section.number("beta1", 0.9, x -> x >= 0 && x < 1, "a number from 0 to below 1"),
        section.number("beta2", 0.99, x -> x >= 0 && x < 1, "a number from 0 to below 1"),
        section.number("eps", 1e-8, x -> x > 0, "a number above 0"),
        section.number("weight_decay", 0.1, x -> x >= 0, "a number of at least 0"),
        section.number("clip_norm", 1.0, x -> x > 0, "a number above 0"));
  }

  private static Averaging averaging(ConfigSection root) {
    ConfigSection section =
        root.section(
            "averaging",
            OuterSection.keysWith("optimizer_state", "deltas", "error_feedback", "driver_state"));
    DeltaFormat deltas = section.choice("deltas", DeltaFormat.class, DeltaFormat.FP32);
    boolean errorFeedback = section.flag("error_feedback", false);
    if (errorFeedback && deltas == DeltaFormat.FP32) {
      throw section.mistake(
          "error_feedback", "false with averaging.deltas: fp32, which makes no errors", true);
    }
    return new Averaging(
        OuterSection.read(section),
        section.choice(
            "optimizer_state", OptimizerStatePolicy.class, OptimizerStatePolicy.AVERAGED),
        deltas,
        errorFeedback,
        section.choice("driver_state", DriverState.class, DriverState.MEMORY));
  }

  private static Validation validation(ConfigSection root) {
    ConfigSection section = root.section("validation", "every_rounds", "max_tokens");
    return new Validation(
        section.count("every_rounds", 10, 0),
        section.whole("max_tokens", 65536, 1, Long.MAX_VALUE));
  }

  private static Checkpoints checkpoints(ConfigSection root) {
    ConfigSection section = root.section("checkpoint", "every_rounds", "keep", "max_failures");
    return new Checkpoints(
        section.count("every_rounds", 10, 1),
        section.count("keep", 3, 1),
        section.count("max_failures", 3, 0));
  }

  /** A model's path is relative to the file that names it, if there is such a file. */
  private static Object besides(Path file, Object model) {
    if (model instanceof String name && !Path.of(name).isAbsolute()) {
      Path sibling = file.resolveSibling(name);
      return Files.isRegularFile(sibling) ? sibling.toString() : name;
    }
    return model;
  }
}
