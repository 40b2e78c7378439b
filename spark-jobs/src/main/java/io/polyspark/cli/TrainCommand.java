package io.polyspark.cli;

import io.polyspark.model.checkpoint.RunDirectory;
import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.report.RunFiles;
import io.polyspark.train.StopRequest;
import io.polyspark.train.TrainConfig;
import io.polyspark.train.TrainJob;
import io.polyspark.train.TrainResult;
import io.polyspark.train.TrainingData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark train}: token shards to checkpoints. */
@Command(
    name = "train",
    description = "Train a model on prepared data.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark train --config conf/train/char.yaml --data data/mine \\",
      "      --output runs/mine",
      "  submit/polyspark train --config conf/train/char.yaml --data data/mine \\",
      "      --output runs/mine --resume",
      "  submit/polyspark train --config conf/train/char.yaml --data data/mine \\",
      "      --output runs/swiglu --set model.hidden_act=swiglu \\",
      "      --set model.intermediate_size=344 -- --master 'local-cluster[2,1,1500]'"
    })
final class TrainCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "What to train, in YAML.")
  private java.nio.file.Path config;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "A corpus that the verb prep made, or the manifest of a version of it.")
  private String data;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "The run's directory; it must not exist, except to resume.")
  private String output;

  @Option(
      names = "--resume",
      description = "Go on from the newest whole checkpoint of the output directory.")
  private boolean resume;

  @Option(
      names = "--auto-resume",
      description = "Resume where the output directory has a run, else start one.")
  private boolean autoResume;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Override a key of the configuration, such as optimizer.lr=5e-4.")
  private List<String> overrides = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (resume && autoResume) {
      throw UserError.of("--resume and --auto-resume exclude each other: give one of them.");
    }
    TrainConfig read = TrainConfig.load(config, overrides);
    DeviceSelection selection = SparkRuntime.select(read.device());
    TrainConfig training = read.on(selection.device());
    Path dataPath = new Path(data);
    Path outputPath = new Path(output);
    SparkConf settings = SparkRuntime.settings(training, selection);
    boolean goesOn = check(training, dataPath, outputPath);
    KernelsProvider.announce(training.dtype(), selection);
    StopRequest stop = new StopRequest();
    try (JavaSparkContext spark = SparkRuntime.start(settings)) {
      Signals.stopAtEndOfRound(stop);
      Configuration hadoop = spark.hadoopConfiguration();
      // Executors have working directories of their own.
      Path everywhereData = dataPath.getFileSystem(hadoop).makeQualified(dataPath);
      Path everywhereOutput = outputPath.getFileSystem(hadoop).makeQualified(outputPath);
      TrainResult result =
          JobProgress.during(
              spark,
              () -> TrainJob.run(spark, training, everywhereData, everywhereOutput, goesOn, stop));
      RunFiles files = RunFiles.of(hadoop, outputPath, result.data());
      files.drawLoss();
      report(result, files);
      return result.stopped().map(Signals::exitCode).orElse(PolySpark.DONE);
    }
  }

  /**
   * Says what would fail only after Spark has started. Its clients of file systems are its own:
   * Hadoop would keep them for the run, whose clients wait for a name node, while a wrong address
   * is to be said at once.
   *
   * @return whether there is a run to go on with
   */
  private boolean check(TrainConfig training, Path dataPath, Path outputPath) throws IOException {
    Configuration hadoop = SparkRuntime.hadoop();
    try (FileSystem fs = FileSystem.newInstance(dataPath.toUri(), hadoop)) {
      TrainingData.require(training, fs, dataPath, config.toString());
    }
    try (FileSystem fs = FileSystem.newInstance(outputPath.toUri(), hadoop)) {
      return checkOutput(fs, outputPath);
    }
  }

  /** Whether there is a run to go on with. */
  private boolean checkOutput(FileSystem fs, Path path) throws IOException {
    boolean exists = fs.exists(path);
    boolean run = exists && new RunDirectory(fs, path).isRun();
    boolean free = !exists || (autoResume && !run && isEmptyDirectory(fs, path));
    if (!free && !resume && !(autoResume && run)) {
      throw UserError.of(
          run
              ? "The output directory %s exists: give another one, or --resume to go on in it."
              : "The output directory %s exists and holds no run: give another one, or remove it.",
          path);
    }
    if (resume && !run) {
      throw UserError.of(
          exists
              ? "There is no run in %s to resume: remove it, and leave out --resume to start one."
              : "There is no run in %s to resume: leave out --resume to start one.",
          path);
    }
    requireWritable(fs, run ? new Path(path, ".writable") : path);
    return run;
  }

  /** Some schedulers make it before they start a program for the first time. */
  private static boolean isEmptyDirectory(FileSystem fs, Path path) throws IOException {
    return fs.getFileStatus(path).isDirectory() && fs.listStatus(path).length == 0;
  }

  /** Makes a directory, and takes it away again. */
  private void requireWritable(FileSystem fs, Path directory) {
    try {
      if (!fs.mkdirs(directory)) {
        throw new IOException("no directory can be made there");
      }
      fs.delete(directory, false);
    } catch (IOException e) {
      throw new UserError(
          "The output directory %s cannot be written (%s): give another one."
              .formatted(output, e.getMessage()),
          e);
    }
  }

  private void report(TrainResult result, RunFiles files) {
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("checkpoint", result.checkpoint().toString());
      object.put("rounds", result.rounds());
      object.put("tokens", result.tokensSeen());
      loss(result).ifPresent(loss -> object.put("loss", loss));
      result.validationLoss().ifPresent(loss -> object.put("validation_loss", loss));
      result.stopped().ifPresent(signal -> object.put("stopped", signal));
      JsonLine.print(object);
      return;
    }
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "%s on %,d tokens in %,d rounds",
            result.stopped().isPresent() ? "Stopped after training" : "Trained",
            result.tokensSeen(),
            result.rounds()));
    loss(result)
        .ifPresent(loss -> line.append(String.format(Locale.ROOT, ", training loss %.4f", loss)));
    result
        .validationLoss()
        .ifPresent(loss -> line.append(String.format(Locale.ROOT, ", validation %.4f", loss)));
    System.out.println(line);
    System.out.println(
        "Checkpoint " + new Path(new Path(output, "checkpoints"), result.checkpoint().getName()));
    System.out.println("Loss       " + files.plot());
    if (result.stopped().isPresent()) {
      System.out.println("Go on with --resume.");
    }
  }

  /** There is none where a resumed run had nothing left to do. */
  private static OptionalDouble loss(TrainResult result) {
    return Double.isNaN(result.loss()) ? OptionalDouble.empty() : OptionalDouble.of(result.loss());
  }
}
