package io.polyspark.cli;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.UserError;
import io.polyspark.model.device.DeviceSelection;
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
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark generate}: text from a checkpoint, on the driver alone. */
@Command(
    name = "generate",
    description = "Let a checkpoint continue texts. Runs on the driver, without executors.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark generate --checkpoint runs/mine --prompt 'Once upon a time'",
      "  submit/polyspark generate --checkpoint runs/mine --prompt '' --temperature 0 \\",
      "      --max-tokens 50",
      "  submit/polyspark generate --checkpoint runs/mine --prompt 'Q:' \\",
      "      --top-p 0.9 --repetition-penalty 1.1 --stop 'Q:'",
      "  submit/polyspark generate --checkpoint runs/mine --prompts prompts.txt --json"
    })
final class GenerateCommand implements Callable<Integer> {
  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint, or a run, whose newest whole checkpoint is taken.")
  private String checkpoint;

  /** One of the two is given. */
  static final class Prompts {
    @Option(
        names = "--prompt",
        required = true,
        paramLabel = "TEXT",
        description =
            "What the text begins with; empty to begin a document; may be given several times.")
    private List<String> texts;

    @Option(
        names = "--prompts",
        required = true,
        paramLabel = "FILE",
        description =
            "A file with one prompt a line, or with objects {\"prompt\": TEXT} where its name ends"
                + " in .jsonl.")
    private String file;
  }

  @ArgGroup(multiplicity = "1")
  private Prompts prompts;

  @Option(
      names = "--batch",
      defaultValue = "8",
      paramLabel = "N",
      description = "Of several texts, go on with so many at once (default: ${DEFAULT-VALUE}).")
  private int batch;

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

  @Option(
      names = "--device",
      defaultValue = "auto",
      paramLabel = "auto|cpu|cuda",
      description = "Where to compute (default: ${DEFAULT-VALUE}: a GPU where there is one).")
  private DeviceSelection.Wanted device;

  @Option(names = "--json", description = "Print a JSON object for each text, a line each.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Sampling sampling =
        new Sampling(maxTokens, temperature, topK, topP, repetitionPenalty, stops, seed);
    if (batch < 1) {
      throw UserError.of("--batch is %d; it must be at least 1.", batch);
    }
    List<String> texts =
        prompts.texts == null
            ? PromptsFile.read(new Path(prompts.file), SparkRuntime.hadoop())
            : prompts.texts;
    Path path = new Path(checkpoint);
    Checkpoint opened =
        Bar.during(
            "checking the checkpoint",
            () -> Checkpoint.resolve(path.getFileSystem(SparkRuntime.hadoop()), path));
    int atOnce = Math.min(batch, texts.size());
    DeviceSelection selection = DeviceSelection.here(device);
    if (!json) {
      // Says itself what it is, which is no part of the text.
      KernelsProvider.announce(Dtype.FLOAT32, selection);
    }
    try (Generator generator =
        Bar.during(
            "reading the checkpoint", () -> Generator.open(opened, atOnce, selection.device()))) {
      if (json) {
        String directory = opened.directory().toString();
        generate(
            generator,
            texts,
            sampling,
            piece -> {},
            (i, text) -> printObject(texts.get(i), text, directory));
      } else if (texts.size() == 1) {
        stream(generator, texts.get(0), sampling);
      } else {
        generate(generator, texts, sampling, piece -> {}, (i, text) -> printBlock(texts, i, text));
      }
    }
    return PolySpark.DONE;
  }

  private void stream(Generator generator, String prompt, Sampling sampling) {
    System.out.print(prompt);
    Consumer<String> print =
        piece -> {
          System.out.print(piece);
          System.out.flush();
        };
    if (Terminal.showsErrors() && !Terminal.showsOutput()) {
      generate(generator, List.of(prompt), sampling, print, (i, text) -> {});
    } else {
      // The text itself shows how far it is, and in a log would have the other's lines in it.
      generator.generate(prompt, sampling, print);
    }
    System.out.println();
  }

  private static void printObject(String prompt, String text, String checkpoint) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("prompt", prompt);
    object.put("text", text);
    object.put("checkpoint", checkpoint);
    JsonLine.print(object);
  }

  private static void printBlock(List<String> prompts, int i, String text) {
    System.out.printf(
        "%s== %d of %d ==%n%s%s%n",
        i == 0 ? "" : System.lineSeparator(), i + 1, prompts.size(), prompts.get(i), text);
  }

  /** Shows how far it is. */
  private void generate(
      Generator generator,
      List<String> texts,
      Sampling sampling,
      Consumer<String> pieces,
      BiConsumer<Integer, String> finished) {
    try (Bar bar = Bar.start("generating", (long) maxTokens * texts.size(), "tokens")) {
      generator.generate(
          texts,
          sampling,
          piece -> {
            bar.step();
            pieces.accept(piece);
          },
          finished);
    }
  }
}
