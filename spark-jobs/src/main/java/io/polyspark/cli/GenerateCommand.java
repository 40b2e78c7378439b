package io.polyspark.cli;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.generate.Generator;
import io.polyspark.model.generate.Sampling;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.terminal.Bar;
import io.polyspark.terminal.Terminal;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark generate}: text from a checkpoint, on the driver alone. */
@Command(
    name = "generate",
    description = "Let a checkpoint continue a text. Runs on the driver, without executors.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark generate --checkpoint runs/mine --prompt 'Once upon a time'",
      "  submit/polyspark generate --checkpoint runs/mine --prompt '' --temperature 0 \\",
      "      --max-tokens 50",
      "  submit/polyspark generate --checkpoint runs/mine --prompt 'Q:' \\",
      "      --top-p 0.9 --repetition-penalty 1.1 --stop 'Q:'"
    })
final class GenerateCommand implements Callable<Integer> {
  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint, or a run, whose newest whole checkpoint is taken.")
  private String checkpoint;

  @Option(
      names = "--prompt",
      required = true,
      paramLabel = "TEXT",
      description = "What the text begins with; empty to begin a document.")
  private String prompt;

  @Option(
      names = "--max-tokens",
      defaultValue = "200",
      paramLabel = "N",
      description = "Stop after so many tokens (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--temperature",
      defaultValue = "0.8",
      paramLabel = "X",
      description = "0 takes the likeliest token each time (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-k",
      defaultValue = "0",
      paramLabel = "N",
      description = "Draw from the N likeliest tokens; 0 for all (default: ${DEFAULT-VALUE}).")
  private int topK;

  @Option(
      names = "--top-p",
      defaultValue = "1",
      paramLabel = "P",
      description =
          "Draw from the fewest tokens whose probabilities reach P; 1 for all (default:"
              + " ${DEFAULT-VALUE}).")
  private double topP;

  @Option(
      names = "--repetition-penalty",
      defaultValue = "1",
      paramLabel = "X",
      description =
          "Above 1, tokens that the text has already become less likely (default:"
              + " ${DEFAULT-VALUE}).")
  private double repetitionPenalty;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text; may be given several times.")
  private List<String> stops = List.of();

  @Option(
      names = "--seed",
      defaultValue = "1337",
      paramLabel = "N",
      description = "The same seed gives the same text (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Sampling sampling =
        new Sampling(maxTokens, temperature, topK, topP, repetitionPenalty, stops, seed);
    Path path = new Path(checkpoint);
    Checkpoint opened =
        Bar.during(
            "checking the checkpoint",
            () -> Checkpoint.resolve(path.getFileSystem(SparkRuntime.hadoop()), path));
    try (Generator generator = Bar.during("reading the checkpoint", () -> Generator.open(opened))) {
      if (json) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("prompt", prompt);
        object.put("text", generate(generator, sampling, piece -> {}));
        object.put("checkpoint", opened.directory().toString());
        JsonLine.print(object);
      } else {
        // Says itself what it is, which is no part of the text.
        KernelsProvider.announce(Dtype.FLOAT32);
        System.out.print(prompt);
        Consumer<String> print =
            piece -> {
              System.out.print(piece);
              System.out.flush();
            };
        if (Terminal.showsErrors() && !Terminal.showsOutput()) {
          generate(generator, sampling, print);
        } else {
          // The text itself shows how far it is, and in a log would have the other's lines in it.
          generator.generate(prompt, sampling, print);
        }
        System.out.println();
      }
    }
    return PolySpark.DONE;
  }

  /** Shows how far it is. */
  private String generate(Generator generator, Sampling sampling, Consumer<String> pieces) {
    try (Bar bar = Bar.start("generating", maxTokens, "tokens")) {
      return generator.generate(
          prompt,
          sampling,
          piece -> {
            bar.step();
            pieces.accept(piece);
          });
    }
  }
}
