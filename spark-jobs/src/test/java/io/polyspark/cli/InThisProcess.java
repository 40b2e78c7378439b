package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The command in the tests' own process, for what it says before Spark starts. */
final class InThisProcess {
  private InThisProcess() {}

  /**
   * What came of it.
   *
   * @param out of its standard output
   * @param err of its standard error
   */
  record Outcome(int code, String out, String err) {}

  /** Runs a verb. */
  static Outcome run(String... arguments) {
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

  /** Exit code 2 and one sentence. */
  static void assertMistake(Outcome outcome, String sentence) {
    assertThat(outcome.err()).isEqualTo(sentence + System.lineSeparator());
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.code()).isEqualTo(2);
  }
}
