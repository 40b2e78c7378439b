package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong is said before Spark starts, so these run in the tests' own process. */
class ExitCodesAndSentencesTest {
  @TempDir Path directory;

  private record Outcome(int code, String out, String err) {}

  @ParameterizedTest
  @ValueSource(strings = {"prep", "train", "eval", "generate", "report"})
  void everyVerbHasHelpWithExamplesThatFitsATerminal(String verb) {
    Outcome outcome = run(verb, "--help");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).contains("Usage: polyspark " + verb, "Examples:", "submit/polyspark");
    assertThat(outcome.out().lines()).allMatch(line -> line.length() <= 80);
    assertThat(outcome.out().substring(outcome.out().indexOf("Examples:")).lines().skip(1))
        .allMatch(line -> line.startsWith("  "));
  }

  @Test
  void wrongArgumentsAreOneSentenceAndCode2() {
    assertMistake(
        run("train", "--data", "x", "--output", "y"),
        "Missing required option: '--config=FILE' (see polyspark train --help).");
    assertMistake(run("bake"), "Unmatched argument at index 0: 'bake' (see polyspark --help).");
    assertMistake(
        run("generate", "--checkpoint", "x", "--prompt", "y", "--top-k", "many"),
        "Invalid value for option '--top-k': 'many' is not an int (see polyspark generate --help).");
    assertMistake(
        run("prep", "--synthetic", "4 loaves", "--output", "x"),
        "Invalid value for option '--synthetic': '4 loaves' is no size; give bytes, or a number with"
            + " k, M, G or T (see polyspark prep --help).");
    assertMistake(
        run(), "Give a verb: prep, train, eval, generate, report (see polyspark --help).");
  }

  @Test
  void aUsersMistakeIsItsSentenceAndCode2() throws IOException {
    assertMistake(
        run("train", "--config", "no.yaml", "--data", "x", "--output", "y"),
        "no.yaml: no such configuration file.");
    Path config = directory.resolve("x.yaml");
    Files.writeString(config, "model: char\nsteps: none\n");
    assertMistake(
        run("train", "--config", config.toString(), "--data", "x", "--output", "y"),
        config + ": steps must be a whole number of at least 1, found 'none'.");
  }

  @Test
  void aMixtureOfExpertsThatCannotBeIsItsSentenceAndCode2() throws IOException {
    Path config = directory.resolve("experts.yaml");
    Files.writeString(config, "model: moe-tiny\n");
    assertMistake(
        run(
            "train",
            "--config",
            config.toString(),
            "--data",
            "x",
            "--output",
            "y",
            "--set",
            "model.num_experts_per_tok=5"),
        "--set model.num_experts_per_tok=5: model: num_experts_per_tok is 5, but must be from 1 to"
            + " num_experts, which is 4.");
  }

  private static void assertMistake(Outcome outcome, String sentence) {
    assertThat(outcome.err()).isEqualTo(sentence + System.lineSeparator());
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.code()).isEqualTo(2);
  }

  private static Outcome run(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      int code = PolySpark.run(arguments);
      return new Outcome(
          code,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
