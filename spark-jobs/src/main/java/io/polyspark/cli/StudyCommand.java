package io.polyspark.cli;

import io.polyspark.evaluate.TaskEvaluation;
import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.prep.shard.PlainFiles;
import io.polyspark.report.StudyReport;
import io.polyspark.study.Cell;
import io.polyspark.study.Study;
import io.polyspark.study.StudyConfig;
import io.polyspark.study.StudyDirectory;
import io.polyspark.study.StudyFile;
import io.polyspark.study.StudyStop;
import io.polyspark.study.result.Analyses;
import io.polyspark.study.result.ResultReader;
import io.polyspark.study.result.StudyResult;
import io.polyspark.study.result.StudyTables;
import io.polyspark.study.result.TaskScores;
import io.polyspark.train.TrainConfig;
import io.polyspark.train.TrainingData;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark study}: a grid of runs with one budget, and what they come to. */
@Command(
    name = "study",
    description = {
      "Train a grid of models with one budget, several side by side as the cluster has room, and",
      "compare them on one HTML page. The same command goes on where it was stopped."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark study --config conf/study/activations.yaml \\",
      "      --output studies/activations",
      "  submit/polyspark study --config conf/study/activations.yaml \\",
      "      --data data/mine --output studies/mine --set model.vocab_size=8192 \\",
      "      --set steps=500 --set 'grid.seed=[1]'"
    })
final class StudyCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "What to train and to compare, in YAML.")
  private java.nio.file.Path config;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "A corpus that the verb prep made, in place of the one that the file names, or of the"
              + " built-in text.")
  private String data;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "The study's directory; one that was begun goes on.")
  private String output;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Override a key of the training configuration, such as steps=500, or of the study, such"
              + " as grid.seed=[1].")
  private List<String> overrides = new ArrayList<>();

  @Option(names = "--report-only", description = "Train nothing: analyse and report what is there.")
  private boolean reportOnly;

  @Override
  public Integer call() throws IOException {
    StudyConfig read = StudyFile.load(config, overrides);
    StudyConfig asked = data == null ? read : read.withData(data);
    DeviceSelection selection = SparkRuntime.select(device(asked));
    StudyConfig study = asked.on(selection.device());
    List<TrainConfig> runs = study.cells().stream().map(Cell::training).toList();
    Demand demand = Demand.ofStudy(runs);
    SparkConf settings = SparkRuntime.settings(runs, demand, selection);
    settings.setIfMissing("spark.scheduler.mode", "FAIR");
    check(study);
    KernelsProvider.announce(runs.get(0).dtype(), selection);
    StudyStop stop = new StudyStop();
    try (JavaSparkContext spark = SparkRuntime.start(settings)) {
      Signals.stopAtEndOfRounds(stop);
      Configuration hadoop = spark.hadoopConfiguration();
      Path path = new Path(output);
      // Executors have working directories of their own.
      FileSystem fs = PlainFiles.open(path, hadoop);
      StudyDirectory directory = new StudyDirectory(fs, fs.makeQualified(path));
      int most = demand.runsIn(Runtime.getRuntime().maxMemory());
      if (!reportOnly) {
        Study.train(
            spark,
            study,
            directory,
            study.parallel() == 0 ? most : Math.min(most, study.parallel()),
            stop);
      }
      if (stop.reason().isPresent()) {
        System.out.println("Give the same command to go on.");
        return Signals.exitCode(stop.reason().get());
      }
      return report(spark, study, directory);
    }
  }

  /** Executors are asked for with GPUs or without: all runs want the same of them. */
  private DeviceSelection.Wanted device(StudyConfig study) {
    List<DeviceSelection.Wanted> wanted =
        study.cells().stream().map(cell -> cell.training().device()).distinct().toList();
    if (wanted.size() > 1) {
      throw UserError.of(
          "%s has runs on different devices, but one study's executors are all of one kind: give"
              + " all runs the same device.",
          config);
    }
    return wanted.get(0);
  }

  private int report(JavaSparkContext spark, StudyConfig study, StudyDirectory directory)
      throws IOException {
    new Analyses(study, directory).make(spark, Study.corpus(spark, study, directory));
    new TaskScores(study, directory).make(spark);
    StudyResult result = ResultReader.read(study, directory);
    StudyTables.write(result, directory);
    Path page = StudyReport.write(result, directory, Instant.now());
    result
        .panels()
        .forEach((name, groups) -> System.out.println(StudyReport.ranking(result, name, groups)));
    System.out.println("Report " + page);
    List<String> diverged =
        result.cells().stream()
            .filter(cell -> cell.divergence().isPresent())
            .map(cell -> cell.cell().name())
            .toList();
    if (diverged.isEmpty()) {
      return PolySpark.DONE;
    }
    System.err.printf(
        "%d of %d runs diverged, which the report says too: %s.%n",
        diverged.size(), study.cells().size(), String.join(", ", diverged));
    return PolySpark.MISTAKE;
  }

  /** Says what would fail only after Spark has started; see {@link TrainCommand}. */
  private void check(StudyConfig study) throws IOException {
    Configuration hadoop = SparkRuntime.hadoop();
    Path path = new Path(output);
    try (FileSystem fs = FileSystem.newInstance(path.toUri(), hadoop)) {
      StudyDirectory directory = new StudyDirectory(fs, path);
      if (reportOnly && !directory.isStudy()) {
        throw UserError.of(
            "There is no study in %s to report on: leave out --report-only to train one.", output);
      }
      directory.require(study);
    }
    if (study.tasks().isPresent()) {
      TaskEvaluation.check(hadoop, new Path(study.tasks().get()));
    }
    if (study.data().isEmpty()) {
      return;
    }
    Path corpus = new Path(study.data().get());
    try (FileSystem fs = FileSystem.newInstance(corpus.toUri(), hadoop)) {
      for (Cell cell : study.cells()) {
        TrainingData.require(cell.training(), fs, corpus, config + ", cell " + cell.name());
        if (study.analysis().maxTokens() > 0) {
          int window = cell.training().model().maxPositionEmbeddings();
          TokenShards.open(fs, corpus, TokenShards.VALIDATION, window).close();
        }
      }
    }
  }
}
