package io.polyspark.cli;

import io.polyspark.prep.megatron.ExportMegatron;
import io.polyspark.prep.megatron.ExportMegatron.Exported;
import io.polyspark.terminal.Bar;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark export}: token shards to data sets of Megatron's. */
@Command(
    name = "export",
    description = "Write a corpus as Megatron's PREFIX_train and PREFIX_validation, .bin and .idx.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {"  submit/polyspark export --data data/mine --output megatron/mine"})
final class ExportCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "A corpus that prep or import has made.")
  private String data;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PREFIX",
      description = "What the files' names begin with; none of them may exist.")
  private String output;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    ExportMegatron export = new ExportMegatron(data, output, SparkRuntime.hadoop());
    Map<String, Exported> exported = run(export);
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      exported.forEach(
          (split, files) -> {
            object.put(split, files.prefix());
            object.put(split + "_documents", files.documents());
            object.put(split + "_tokens", files.tokens());
          });
      JsonLine.print(object);
      return PolySpark.DONE;
    }
    exported.forEach(
        (split, files) ->
            System.out.printf(
                Locale.ROOT,
                "Exported %,d documents of %s, %,d tokens, to %s.bin and .idx%n",
                files.documents(),
                split,
                files.tokens(),
                files.prefix()));
    return PolySpark.DONE;
  }

  private static Map<String, Exported> run(ExportMegatron export) throws IOException {
    System.err.printf(Locale.ROOT, "writing %,d tokens%n", export.tokens());
    try (Bar bar = Bar.start("writing", export.tokens(), "tokens")) {
      return export.run(bar::to);
    }
  }
}
