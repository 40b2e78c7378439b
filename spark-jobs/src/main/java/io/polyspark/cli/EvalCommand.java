package io.polyspark.cli;

import io.polyspark.evaluate.AnswerFile;
import io.polyspark.evaluate.CheckpointScores;
import io.polyspark.evaluate.Checkpoints;
import io.polyspark.evaluate.Evaluation;
import io.polyspark.evaluate.TaskEvaluation;
import io.polyspark.evaluate.TextEvaluation;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.terminal.Bar;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark eval}: checkpoints' losses on a split or a text, and their answers to tasks. */
@Command(
    name = "eval",
    description =
        "Measure checkpoints: cross-entropy on a corpus or a text, multiple-choice tasks; each as"
            + " one Spark job over all checkpoints.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark eval --checkpoint runs/mine --data data/mine",
      "  submit/polyspark eval --checkpoint runs/mine/checkpoints/round-0000010 \\",
      "      --data data/mine --split train --json",
      "  submit/polyspark eval --checkpoint runs/polynorm runs/swiglu --tasks tasks",
      "  submit/polyspark eval --checkpoint runs/mine --all-checkpoints \\",
      "      --text book.txt --stride 32"
    })
final class EvalCommand implements Callable<Integer> {
  @Option(
      names = "--checkpoint",
      required = true,
      arity = "1..*",
      paramLabel = "DIR",
      description = "Checkpoints, or runs, whose newest whole checkpoints are taken.")
  private List<String> checkpoints;

  @Option(names = "--all-checkpoints", description = "Of a run, take every whole checkpoint.")
  private boolean all;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Measure on a corpus that the verb prep made, or the manifest of a version of it.")
  private String data;

  @Option(
      names = "--split",
      defaultValue = "validation",
      paramLabel = "validation|train",
      description = "Which part of it (default: ${DEFAULT-VALUE}).")
  private String split;

  @Option(
      names = "--text",
      arity = "1..*",
      paramLabel = "FILE|DIR",
      description = "Measure on text as it is, of every format that the verb prep reads.")
  private List<String> texts = List.of();

  @Option(
      names = "--stride",
      paramLabel = "N",
      description =
          "Let each window begin so many tokens after the one before, and count its last N alone"
              + " (default: the context, so that windows do not overlap).")
  private Integer stride;

  @Option(
      names = "--tasks",
      paramLabel = "DIR",
      description = "Answer the questions of a task's request file, or of a directory of tasks.")
  private String tasks;

  @Option(
      names = "--device",
      defaultValue = "auto",
      paramLabel = "auto|cpu|cuda",
      description = "Where to compute (default: ${DEFAULT-VALUE}: a GPU where there is one).")
  private DeviceSelection.Wanted device;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Write every answer there, as JSON lines.")
  private String output;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    requireSomething();
    Optional<AnswerFile> answers = Optional.ofNullable(output).map(AnswerFile::new);
    check(answers);
    List<Path> paths = checkpoints.stream().map(Path::new).toList();
    List<Checkpoint> opened =
        Bar.during(
            paths.size() == 1 && !all ? "checking the checkpoint" : "checking the checkpoints",
            () ->
                all
                    ? Checkpoints.openAll(SparkRuntime.hadoop(), paths)
                    : Checkpoints.open(SparkRuntime.hadoop(), paths));
    DeviceSelection selection = SparkRuntime.select(device);
    KernelsProvider.announce(Dtype.FLOAT32, selection);
    try (JavaSparkContext spark = SparkRuntime.start(demand(opened, selection), selection)) {
      EvalReport report =
          JobProgress.during(spark, () -> evaluate(spark, opened, selection.device()));
      if (answers.isPresent()) {
        answers.get().write(SparkRuntime.hadoop(), report.tasks());
      }
      if (json) {
        JsonLine.print(report.toMap());
      } else {
        System.out.print(report.toText());
      }
    }
    return PolySpark.DONE;
  }

  private void requireSomething() {
    if (data == null && texts.isEmpty() && tasks == null) {
      throw new UserError(
          "There is nothing to evaluate on: give a corpus as --data, text as --text, or tasks as"
              + " --tasks.");
    }
    if (output != null && tasks == null) {
      throw new UserError("--output is for the answers to tasks: give these as --tasks.");
    }
    if (stride != null && data == null && texts.isEmpty()) {
      throw new UserError("--stride is for windows of a text: give one as --data or --text.");
    }
  }

  /** Says what would fail only after hours that were spent on something else. */
  private void check(Optional<AnswerFile> answers) throws IOException {
    Configuration hadoop = SparkRuntime.hadoop();
    if (answers.isPresent()) {
      answers.get().check(hadoop);
    }
    if (!texts.isEmpty()) {
      TextEvaluation.check(hadoop, texts);
    }
    if (tasks != null) {
      TaskEvaluation.check(hadoop, new Path(tasks));
    }
  }

  private EvalReport evaluate(JavaSparkContext spark, List<Checkpoint> opened, Device on)
      throws IOException {
    OptionalInt step = stride == null ? OptionalInt.empty() : OptionalInt.of(stride);
    List<Evaluation.Result> onData =
        data == null ? List.of() : Evaluation.run(spark, opened, new Path(data), split, step, on);
    List<Evaluation.Result> onText =
        texts.isEmpty() ? List.of() : TextEvaluation.run(spark, opened, texts, step, on);
    List<CheckpointScores> scores =
        tasks == null ? List.of() : TaskEvaluation.run(spark, opened, new Path(tasks), on);
    return new EvalReport(opened, split, onData, onText, scores);
  }

  /** The largest model's. On a GPU a task's memory is the card's, which must have it. */
  private Demand demand(List<Checkpoint> opened, DeviceSelection selection) {
    List<ModelConfig> models = opened.stream().map(Checkpoint::model).distinct().toList();
    long most =
        models.stream()
            .mapToLong(model -> bytesPerTask(model, selection.device()))
            .max()
            .orElseThrow();
    if (selection.device() == Device.CPU) {
      return Demand.ofTasks("eval", most);
    }
    SparkRuntime.requireCardMemory(most, selection);
    long parameters =
        models.stream().mapToLong(model -> ParameterLayout.of(model).length()).max().orElseThrow();
    return Demand.ofTasks("eval", parameters * Float.BYTES + Demand.CUDA_HOST_BYTES);
  }

  private long bytesPerTask(ModelConfig model, Device on) {
    return Math.max(
        data == null ? 0 : Evaluation.nativeBytesPerTask(model, on),
        tasks == null && texts.isEmpty() ? 0 : TaskEvaluation.nativeBytesPerTask(model, on));
  }
}
