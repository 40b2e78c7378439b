package io.polyspark.report;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.transformer.ParameterLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.hadoop.fs.Path;

/**
 * What a run has come to, on one page.
 *
 * @param model the network
 * @param parameters the number of its parameters
 * @param replicas W
 * @param rounds rounds completed
 * @param steps optimizer steps of each replica
 * @param trainedTokens tokens that all replicas have trained on
 * @param trainingSeconds wall time of the rounds
 * @param evaluation of the newest checkpoint on the validation split
 * @param entropyBitsPerByte the exact entropy of that text, where it is known
 * @param samples what the model writes
 * @param paths where everything is, by name
 */
public record RunSummary(
    ModelConfig model,
    long parameters,
    int replicas,
    int rounds,
    long steps,
    long trainedTokens,
    double trainingSeconds,
    Evaluation.Result evaluation,
    OptionalDouble entropyBitsPerByte,
    List<Sample> samples,
    Map<String, String> paths) {
  private static final int WIDTH = 78;

  /**
   * Some text of the model's.
   *
   * @param prompt what it was given
   * @param text how it went on
   */
  public record Sample(String prompt, String text) {}

  /**
   * Sums up a run.
   *
   * @param run the run
   * @param evaluation of its newest checkpoint
   * @param files its files
   * @param samples what the checkpoint writes
   * @param report the page about it
   */
  public static RunSummary of(
      ReportedRun run,
      Evaluation.Result evaluation,
      RunFiles files,
      List<Sample> samples,
      Path report) {
    Checkpoint checkpoint = run.checkpoint();
    Map<String, String> paths = new LinkedHashMap<>();
    paths.put("checkpoint", shown(checkpoint.directory()));
    paths.put("metrics", shown(files.metrics()));
    paths.put("loss curve", shown(files.plot()));
    paths.put("report", shown(report));
    paths.put("data", shown(files.data()));
    paths.put("summary", shown(files.summary()));
    return new RunSummary(
        checkpoint.model(),
        ParameterLayout.of(checkpoint.model()).length(),
        checkpoint.trainer().replicas(),
        checkpoint.trainer().round(),
        checkpoint.trainer().completedSteps(),
        checkpoint.trainer().tokensSeen(),
        run.history().wallSeconds(),
        evaluation,
        files.entropyBitsPerByte(),
        samples,
        paths);
  }

  /** Tokens trained on per second of the rounds. */
  public double tokensPerSecond() {
    return trainedTokens / trainingSeconds;
  }

  /** As a JSON object, keys in snake case. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("loss", evaluation.loss());
    map.put("perplexity", evaluation.perplexity());
    map.put("bits_per_byte", evaluation.bitsPerByte());
    entropyBitsPerByte.ifPresent(entropy -> map.put("entropy_bits_per_byte", entropy));
    map.put("tokens", evaluation.tokens());
    map.put("trained_tokens", trainedTokens);
    map.put("tokens_per_second", tokensPerSecond());
    map.put("training_seconds", trainingSeconds);
    map.put("parameters", parameters);
    map.put("replicas", replicas);
    map.put("rounds", rounds);
    map.put("steps", steps);
    map.put(
        "samples",
        samples.stream()
            .map(sample -> Map.of("prompt", sample.prompt(), "text", sample.text()))
            .toList());
    map.put("paths", paths);
    return map;
  }

  /** For people, in plain characters. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "model",
        "%d layers, %d wide, %s, %,d parameters",
        model.numHiddenLayers(),
        model.hiddenSize(),
        String.join(" ", model.hiddenAct().stream().distinct().toList()),
        parameters);
    line(
        text,
        "trained",
        "%d replica%s x %,d steps in %,d rounds: %,d tokens in %.0f s",
        replicas,
        replicas == 1 ? "" : "s",
        steps,
        rounds,
        trainedTokens,
        trainingSeconds);
    line(text, "speed", "%,.0f tokens per second", tokensPerSecond());
    line(
        text,
        "loss",
        "%.4f nats per token, over %,d tokens of validation text",
        evaluation.loss(),
        evaluation.tokens());
    line(text, "perplexity", "%.3f", evaluation.perplexity());
    line(text, "bits per byte", "%.4f%s", evaluation.bitsPerByte(), besideEntropy());
    for (Sample sample : samples) {
      text.append('\n');
      String prompt = sample.prompt().strip();
      text.append(
          prompt.isEmpty() ? "It begins a document:\n" : "It goes on from \"" + prompt + "\":\n");
      wrap(sample.prompt() + sample.text(), text);
    }
    text.append('\n');
    paths.forEach((name, path) -> line(text, name, "%s", path));
    return text.toString();
  }

  private String besideEntropy() {
    return entropyBitsPerByte.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT,
            " (the text's own entropy, which no model beats, is %.4f)",
            entropyBitsPerByte.getAsDouble());
  }

  private static void line(StringBuilder text, String name, String format, Object... values) {
    text.append(String.format(Locale.ROOT, "%-14s", name))
        .append(String.format(Locale.ROOT, format, values))
        .append('\n');
  }

  /** Indents, breaks long lines between words, and shows control characters as spaces. */
  private static void wrap(String sample, StringBuilder text) {
    sample
        .lines()
        .forEach(
            paragraph -> {
              StringBuilder line = new StringBuilder();
              for (String word : paragraph.replaceAll("\\p{Cntrl}", " ").split(" ", -1)) {
                if (line.length() > 0 && line.length() + 1 + word.length() > WIDTH - 4) {
                  text.append("    ").append(line).append('\n');
                  line.setLength(0);
                }
                line.append(line.length() == 0 ? "" : " ").append(word);
              }
              text.append("    ").append(line).append('\n');
            });
  }

  /** Local paths as people write them. */
  static String shown(Path path) {
    return "file".equals(path.toUri().getScheme()) ? path.toUri().getPath() : path.toString();
  }
}
