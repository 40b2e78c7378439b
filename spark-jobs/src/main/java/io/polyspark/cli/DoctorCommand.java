package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import io.polyspark.terminal.Bar;
import io.polyspark.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark doctor}: what train would find, before there is data and without Spark. */
@Command(
    name = "doctor",
    description = {
      "Examine this machine and a configuration before training: Java, Spark, kernels and GPUs, file"
          + " systems and ports, the model's size, its memory, and whether it fits.",
      "Needs no data and starts no Spark. Exit code 0 where it fits, 2 where it does not."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark doctor --config conf/train/char.yaml",
      "  submit/polyspark doctor --config conf/train/char.yaml \\",
      "      --data hdfs:///data/mine --output hdfs:///runs/mine -- --master yarn",
      "  submit/polyspark doctor --config conf/train/char.yaml --set batch=96 \\",
      "      --set replicas=8 --json -- --master 'local-cluster[1,2,3000]'"
    })
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "What is to be trained, in YAML.")
  private Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Override a key of the configuration, such as batch=8.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "A corpus; see whether it can be read.")
  private String data;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "A run's directory; see whether files can be made, renamed and deleted where it would be.")
  private String output;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() {
    TrainConfig training = TrainConfig.load(config, overrides);
    DoctorReport report =
        Bar.during(
            "examining this machine",
            () ->
                DoctorReport.of(
                    training,
                    Optional.ofNullable(data).map(org.apache.hadoop.fs.Path::new),
                    Optional.ofNullable(output).map(org.apache.hadoop.fs.Path::new)));
    if (json) {
      JsonLine.print(report.toMap());
    } else {
      System.out.print(report.toText());
    }
    if (report.problem().isPresent()) {
      throw new UserError(report.problem().get());
    }
    return PolySpark.DONE;
  }
}
