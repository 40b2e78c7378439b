package io.polyspark.cli;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.terminal.Bar;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark eval}: a checkpoint's loss on a split. */
@Command(
    name = "eval",
    description = "Measure a checkpoint: cross-entropy over every window of a split.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark eval --checkpoint runs/mine --data data/mine",
      "  submit/polyspark eval --checkpoint runs/mine/checkpoints/round-0000010 \\",
      "      --data data/mine --split train --json"
    })
final class EvalCommand implements Callable<Integer> {
  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint, or a run, whose newest whole checkpoint is taken.")
  private String checkpoint;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "A corpus that the verb prep made, or the manifest of a version of it.")
  private String data;

  @Option(
      names = "--split",
      defaultValue = "validation",
      paramLabel = "validation|train",
      description = "Which part of it (default: ${DEFAULT-VALUE}).")
  private String split;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Path path = new Path(checkpoint);
    Checkpoint opened =
        Bar.during(
            "checking the checkpoint",
            () -> Checkpoint.resolve(path.getFileSystem(SparkRuntime.hadoop()), path));
    try (JavaSparkContext spark =
        SparkRuntime.start(Demand.ofTasks("eval", Evaluation.nativeBytesPerTask(opened.model())))) {
      report(
          JobProgress.during(
              spark, () -> Evaluation.run(spark, opened.directory(), new Path(data), split)));
    }
    return PolySpark.DONE;
  }

  private void report(Evaluation.Result result) {
    if (json) {
      JsonLine.print(toMap(result));
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "loss %.4f nats per token, perplexity %.3f, %.4f bits per byte, over %,d tokens of %s%n",
        result.loss(),
        result.perplexity(),
        result.bitsPerByte(),
        result.tokens(),
        split);
  }

  private static Map<String, Object> toMap(Evaluation.Result result) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("loss", result.loss());
    object.put("perplexity", result.perplexity());
    object.put("bits_per_byte", result.bitsPerByte());
    object.put("tokens", result.tokens());
    return object;
  }
}
