package io.polyspark.cli;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.RunDirectory;
import io.polyspark.model.config.UserError;
import io.polyspark.model.generate.Generator;
import io.polyspark.model.generate.Sampling;
import io.polyspark.model.shards.ManifestFiles;
import io.polyspark.report.RunFiles;
import io.polyspark.report.RunSummary;
import io.polyspark.terminal.Bar;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark report}: what a run has come to. */
@Command(
    name = "report",
    description = {
      "Sum up a run: evaluate its newest checkpoint, let it write, draw the loss.",
      "Writes summary.txt, summary.json, loss.png and loss.svg into the run."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark report --run runs/mine --data data/mine \\",
      "      --prompt 'The ' --prompt ''"
    })
final class ReportCommand implements Callable<Integer> {
  private static final int SAMPLE_TOKENS = 240;
  private static final double TEMPERATURE = 0.7;

  @Option(
      names = "--run",
      required = true,
      paramLabel = "DIR",
      description = "The output directory of the verb train.")
  private String run;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "The corpus it was trained on.")
  private String data;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "Begin a sample with this; empty to begin a document.")
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
    Path runPath = new Path(run);
    Path dataPath = new Path(data);
    FileSystem fs = runPath.getFileSystem(SparkRuntime.hadoop());
    if (!new RunDirectory(fs, runPath).isRun()) {
      throw UserError.of("%s is no run: give the output directory of the verb train.", runPath);
    }
    Checkpoint checkpoint =
        Bar.during("checking the checkpoint", () -> Checkpoint.resolve(fs, runPath));
    try (JavaSparkContext spark =
        SparkRuntime.start(
            Demand.ofTasks("report", Evaluation.nativeBytesPerTask(checkpoint.model())))) {
      Path own = ownVersion(checkpoint, dataPath, spark.hadoopConfiguration());
      Evaluation.Result evaluation =
          JobProgress.during(
              spark, () -> Evaluation.run(spark, checkpoint.directory(), own, "validation"));
      RunFiles files = RunFiles.of(spark.hadoopConfiguration(), runPath, own);
      files.drawLoss();
      RunSummary summary = RunSummary.of(checkpoint, evaluation, files, samples(checkpoint));
      files.write(summary);
      if (json) {
        JsonLine.print(summary.toMap());
      } else {
        System.out.print(summary.toText());
      }
    }
    return PolySpark.DONE;
  }

  /** The version that the run was trained on; where that is not there, what was named. */
  private static Path ownVersion(Checkpoint checkpoint, Path data, Configuration hadoop)
      throws IOException {
    String sum = checkpoint.trainer().shardManifestSha256();
    return ManifestFiles.version(data).isPresent()
        ? data
        : ManifestFiles.withSum(data.getFileSystem(hadoop), data, sum).orElse(data);
  }

  private List<RunSummary.Sample> samples(Checkpoint checkpoint) throws IOException {
    List<RunSummary.Sample> samples = new ArrayList<>();
    try (Generator generator = Generator.open(checkpoint);
        Bar bar = Bar.start("writing samples", prompts.size(), "samples")) {
      for (int i = 0; i < prompts.size(); i++) {
        Sampling sampling = new Sampling(SAMPLE_TOKENS, TEMPERATURE, 0, seed + i);
        String text = generator.generate(prompts.get(i), sampling, piece -> {});
        samples.add(new RunSummary.Sample(prompts.get(i), text));
        bar.to(i + 1);
      }
    }
    return samples;
  }
}
