package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import io.polyspark.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark doctor}: what train would find, before there is data and without Spark. */
@Command(
    name = "doctor",
    description = {
      "Examine this machine and a configuration before training: kernels and GPUs, the model's size,"
          + " its memory, and whether it fits.",
      "Needs no data and starts no Spark. Exit code 0 where it fits, 2 where it does not."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark doctor --config conf/train/char.yaml",
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

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() {
    DoctorReport report = DoctorReport.of(TrainConfig.load(config, overrides));
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
