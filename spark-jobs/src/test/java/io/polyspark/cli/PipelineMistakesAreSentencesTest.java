package io.polyspark.cli;

import static io.polyspark.cli.InThisProcess.assertMistake;
import static io.polyspark.cli.InThisProcess.run;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with a pipeline or a corpus that grows is said before Spark starts. */
class PipelineMistakesAreSentencesTest {
  @TempDir Path directory;
  private Path config;
  private String output;

  @BeforeEach
  void write() throws IOException {
    Path text = Files.writeString(directory.resolve("text.txt"), "some text");
    config = Files.writeString(directory.resolve("x.yaml"), "sources: {a: {input: " + text + "}}");
    output = directory.resolve("out").toString();
  }

  @AfterEach
  void nothingIsLeftBehind() {
    assertThat(directory)
        .isDirectoryContaining("glob:**/x.yaml")
        .isDirectoryNotContaining("glob:**/{out,_out,_lease}*");
  }

  @Test
  void theFileOrItsKeysAreWrong() throws IOException {
    assertMistake(
        run("prep", "--config", "no.yaml", "--output", output),
        "no.yaml: no such configuration file.");
    assertThat(prep("--set", "deduplicates=on").err())
        .startsWith("--set deduplicates=on: unknown key 'deduplicates' (did you mean 'deduplicate'")
        .endsWith("." + System.lineSeparator());
    assertMistake(
        prep("--set", "seed=soon"), "--set seed=soon: seed must be a whole number, found 'soon'.");
    assertThat(prep("--set", "seed").code()).isEqualTo(2);
    Files.writeString(config, "sources: {a: {input: nowhere.txt}}");
    assertMistake(
        prep(),
        "The input nowhere.txt does not exist; name a file, a directory or a glob that matches"
            + " some.");
    Files.writeString(config, "sources: [");
    assertThat(prep().code()).isEqualTo(2);
    Files.writeString(config, "");
    assertThat(prep().code()).isEqualTo(2);
  }

  @Test
  void optionsThatDoNotGoTogether() {
    assertMistake(
        run("prep", "--input", "x", "--set", "seed=1", "--output", output),
        "--set changes a key of a configuration file; name one with --config.");
    assertMistake(
        run("prep", "--input", "x", "--incremental", "--output", output),
        "--incremental needs a configuration file; name one with --config.");
    assertMistake(
        prep("--incremental", "--incremental"),
        "option '--incremental' should be specified only once (see polyspark prep --help).");
    assertMistake(
        run("prep", "--config", config.toString(), "--incremental"),
        "Missing required option: '--output=DIR' (see polyspark prep --help).");
  }

  @ParameterizedTest
  @CsvSource({
    "--synthetic,4M",
    "--seed,1",
    "--tokenizer,byte",
    "--split,hash",
    "--validation-fraction,0.1",
    "--document-separator,file",
    "--max-rejected,0",
    "--shard-tokens,100"
  })
  void whatTheFileSays(String option, String value) {
    assertMistake(
        prep(option, value),
        option + " does not go with --config, whose file says it: set it there, or with --set.");
  }

  @Test
  void versionsOfWhatHasNone() throws IOException {
    String none = " is no corpus that grows; prep --incremental makes one.";
    assertMistake(run("versions", "--data", output), output + none);
    assertMistake(run("versions", "--data", output, "--roll-back"), output + none);
    String plain = directory.toString();
    assertMistake(run("versions", "--data", plain, "--keep", "3"), plain + none);
    assertMistake(
        run("versions", "--data", plain, "--keep", "some"),
        "Invalid value for option '--keep': 'some' is not an int (see polyspark versions --help).");
  }

  private InThisProcess.Outcome prep(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("prep", "--config", config.toString(), "--output", output));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }
}
