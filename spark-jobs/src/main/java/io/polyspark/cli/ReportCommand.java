package io.polyspark.cli;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.ManifestFiles;
import io.polyspark.model.tensor.Device;
import io.polyspark.report.ReportedRun;
import io.polyspark.report.RunEvaluation;
import io.polyspark.report.RunFiles;
import io.polyspark.report.RunSummary;
import io.polyspark.report.Samples;
import io.polyspark.report.TrainingReport;
import io.polyspark.terminal.Bar;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark report}: what a run has come to, beside others. */
@Command(
    name = "report",
    description = {
      "Sum up a run on one HTML page, beside other runs: curves, results, time, samples.",
      "With --data, evaluate the newest checkpoints too, and write summary.txt, summary.json,",
      "loss.png and loss.svg into the run; without it, no Spark is started."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark report --run runs/mine --data data/mine \\",
      "      --prompt 'The ' --prompt ''",
      "  submit/polyspark report --run runs/polynorm --compare runs/swiglu \\",
      "      --compare runs/gelu --output comparison"
    })
final class ReportCommand implements Callable<Integer> {
  /** Checkpoints of the run that write, to show how it learned to. */
  private static final int MOST_CHECKPOINTS = 4;

  @Option(
      names = "--run",
      required = true,
      paramLabel = "DIR",
      description = "The output directory of the verb train.")
  private String run;

  @Option(
      names = "--compare",
      paramLabel = "DIR",
      description = "Another run to hold beside it; repeat for more.")
  private List<String> others = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The corpus they were trained on, to evaluate them on all of its validation.")
  private String data;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Where report.html and report/*.png go (default: the run's directory).")
  private String output;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "Begin a sample with this; empty, as by default, to begin a document.")
  private List<String> prompts = new ArrayList<>();

  @Option(
      names = "--seed",
      defaultValue = "1337",
      paramLabel = "N",
      description = "Seed of the samples (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Configuration hadoop = SparkRuntime.hadoop();
    Path to = new Path(output == null ? run : output);
    TrainingReport.requirePlace(hadoop, to);
    List<Path> directories = new ArrayList<>();
    directories.add(new Path(run));
    others.forEach(other -> directories.add(new Path(other)));
    List<ReportedRun> runs =
        Bar.during("checking the checkpoints", () -> ReportedRun.open(hadoop, directories));
    if (data != null) {
      runs = evaluated(runs);
    }
    runs = withSamples(runs, hadoop);
    Path page = TrainingReport.of(runs, Instant.now()).write(hadoop, to);
    if (data == null) {
      say(page, runs);
    } else {
      sumUp(runs.get(0), page, hadoop);
    }
    return PolySpark.DONE;
  }

  private List<ReportedRun> evaluated(List<ReportedRun> runs) throws IOException {
    long bytes =
        runs.stream()
            .mapToLong(each -> Evaluation.nativeBytesPerTask(each.checkpoint().model(), Device.CPU))
            .max()
            .orElseThrow();
    List<ReportedRun> evaluated = new ArrayList<>();
    try (JavaSparkContext spark = SparkRuntime.start(Demand.ofTasks("report", bytes))) {
      for (ReportedRun each : runs) {
        evaluated.add(each.with(evaluation(spark, each, evaluated.isEmpty())));
      }
    }
    return evaluated;
  }

  /** That another run cannot be evaluated, because its tokens are others, is what the page says. */
  private RunEvaluation evaluation(JavaSparkContext spark, ReportedRun each, boolean main)
      throws IOException {
    Path own = ownVersion(each, spark.hadoopConfiguration());
    try {
      return RunEvaluation.of(
          JobProgress.during(
              spark, () -> Evaluation.run(spark, each.checkpoint().directory(), own, "validation")),
          RunFiles.of(spark.hadoopConfiguration(), each.directory(), own).entropyBitsPerByte());
    } catch (UserError mistake) {
      if (main) {
        throw mistake;
      }
      return RunEvaluation.failed(mistake.getMessage());
    }
  }

  /** The version that the run was trained on; where that is not there, what was named. */
  private Path ownVersion(ReportedRun each, Configuration hadoop) throws IOException {
    Path named = new Path(data);
    String sum = each.checkpoint().trainer().shardManifestSha256();
    return ManifestFiles.version(named).isPresent()
        ? named
        : ManifestFiles.withSum(named.getFileSystem(hadoop), named, sum).orElse(named);
  }

  private List<ReportedRun> withSamples(List<ReportedRun> runs, Configuration hadoop)
      throws IOException {
    List<String> begin = prompts.isEmpty() ? List.of("") : prompts;
    List<ReportedRun> written = new ArrayList<>();
    try (Bar bar = Bar.start("writing samples", runs.size(), "runs")) {
      for (ReportedRun each : runs) {
        int most = written.isEmpty() ? MOST_CHECKPOINTS : 1;
        written.add(
            each.with(Samples.of(each.directory().getFileSystem(hadoop), each, most, begin, seed)));
        bar.to(written.size());
      }
    }
    return written;
  }

  private void say(Path page, List<ReportedRun> runs) {
    if (json) {
      JsonLine.print(Map.of("report", page.toString()));
    } else {
      System.out.printf("Wrote %s of %d run%s%n", page, runs.size(), runs.size() == 1 ? "" : "s");
    }
  }

  private void sumUp(ReportedRun main, Path page, Configuration hadoop) throws IOException {
    RunFiles files = RunFiles.of(hadoop, main.directory(), ownVersion(main, hadoop));
    files.drawLoss(main.history());
    List<RunSummary.Sample> newest =
        prompts.isEmpty() ? List.of() : main.samples().get(main.samples().size() - 1).texts();
    RunSummary summary = RunSummary.of(main, main.evaluated().orElseThrow(), files, newest, page);
    files.write(summary);
    if (json) {
      JsonLine.print(summary.toMap());
    } else {
      System.out.print(summary.toText());
    }
  }
}
