package io.polyspark.cli;

import static io.polyspark.cli.InThisProcess.assertMistake;
import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.prep.version.Lease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nights and what {@code versions} makes of them, as a user runs it. */
class ACorpusGrowsFromTheCommandLineTest {
  @TempDir Path directory;
  private Path data;

  private record Said(int code, String out, String err) {}

  @BeforeEach
  void write() throws IOException {
    data = directory.resolve("data");
    Files.createDirectory(directory.resolve("in"));
    Files.writeString(
        directory.resolve("nightly.yaml"),
        "sources: {web: {input: in}}\nvalidation_fraction: 0.3\n");
    texts("a.jsonl", 0, 40);
  }

  @Test
  void nightAfterNight() throws Exception {
    Said first = prep("--incremental");
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out()).startsWith("Prepared 40 documents: ").endsWith(" in data, version 1\n");
    texts("b.jsonl", 40, 60);
    assertThat(prep("--incremental").code()).isZero();
    Said third = prep("--incremental");
    assertThat(third.code()).as(third.err()).isZero();
    assertThat(third.err())
        .isEqualTo("version 2 has all of the input (files: 2); there is nothing to add\n");
    assertThat(versions().out().lines())
        .hasSize(2)
        .allMatch(
            line -> line.matches("[ *] version \\d: [46]0 documents, .* files of input: [12]"))
        .last()
        .asString()
        .startsWith("* version 2: 60 documents, ");

    Set<String> before = files();
    assertMistake(versions("--roll-back", "7"), data + " has no version 7; it has 1, 2.");
    assertMistake(
        versions("--roll-back", "x"), "--roll-back takes the number of a version, not 'x'.");
    assertMistake(
        versions("--roll-back", "--keep", "0"),
        "At least the current version is kept, not 0 versions.");
    assertThat(versions("--json").out()).startsWith("{\"current\":2,");
    Said overwriting = prep();
    assertThat(overwriting.err())
        .isEqualTo(
            "The output directory " + data + " exists; remove it or name another with --output.\n");
    assertThat(overwriting.code()).isEqualTo(2);
    try (Lease lease =
        Lease.take(
            FileSystem.getLocal(new Configuration()).getRaw(),
            new org.apache.hadoop.fs.Path(data.toString()))) {
      texts("c.jsonl", 60, 61);
      Said refused = prep("--incremental");
      assertThat(refused.err())
          .startsWith(data + " has its lease taken: process " + ProcessHandle.current().pid());
      assertThat(refused.err().lines()).hasSize(1);
      assertThat(refused.code()).isEqualTo(75);
      assertThat(versions("--keep", "1").code()).isEqualTo(75);
      lease.check();
    }
    assertThat(files()).isEqualTo(before);

    Files.delete(data.resolve("manifest.json"));
    assertThat(versions("--roll-back", "2").out()).contains("* version 2: ");
    assertThat(files()).isEqualTo(before);
    assertThat(versions("--roll-back").out()).startsWith("* version 1: ");
    InThisProcess.Outcome kept = versions("--keep", "1");
    assertThat(kept.err()).endsWith("Removed [2]" + System.lineSeparator());
    assertThat(kept.out()).startsWith("* version 1: ").hasLineCount(1);
  }

  @Test
  void whatWasNotMadeToGrowDoesNotGrow() throws Exception {
    assertThat(prep().code()).isZero();
    Set<String> before = files();
    String sentence =
        data
            + " was not prepared as a corpus that grows: its manifest.json has no version, so what"
            + " it was made of is not known; prepare it anew in another directory.";
    Said grown = prep("--incremental");
    assertThat(grown.err()).isEqualTo(sentence + "\n");
    assertThat(grown.code()).isEqualTo(2);
    assertMistake(versions("--roll-back"), sentence);
    assertThat(files()).isEqualTo(before);
  }

  private void texts(String name, int from, int to) throws IOException {
    Files.writeString(
        directory.resolve("in").resolve(name),
        IntStream.range(from, to)
            .mapToObj(number -> "{\"text\": \"This is the document number " + number + ".\"}\n")
            .collect(Collectors.joining()));
  }

  private Said prep(String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("prep", "--config", "nightly.yaml", "--output", "data"));
    arguments.addAll(List.of(more));
    int code = Program.start(directory, "local[2]", arguments.toArray(String[]::new)).waitFor();
    return new Said(
        code,
        Files.readString(directory.resolve("out.log")),
        Files.readString(directory.resolve("err.log")));
  }

  private InThisProcess.Outcome versions(String... more) {
    List<String> arguments = new ArrayList<>(List.of("versions", "--data", data.toString()));
    arguments.addAll(List.of(more));
    return InThisProcess.run(arguments.toArray(String[]::new));
  }

  /** All that is beside the input and in the corpus. */
  private Set<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .map(file -> directory.relativize(file).toString())
          .filter(name -> !name.startsWith("in/"))
          .collect(Collectors.toSet());
    }
  }
}
