package io.polyspark.prep.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.read.InputFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputChangesTest {
  private static LocalSpark spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark = LocalSpark.start();
  }

  @AfterAll
  static void stopSpark() {
    spark.close();
  }

  @Test
  void filesAreNewChangedUnchangedOrGone() throws IOException {
    write("a.txt", "alpha", 1);
    write("b.txt", "beta", 1);
    write("c.txt", "gamma", 1);
    InputChanges first = changes(List.of());
    assertThat(first.added())
        .extracting(AcceptedInput::sha256)
        .containsExactly(sum("alpha"), sum("beta"), sum("gamma"));
    assertThat(names(first.toRead("news"))).containsExactly("a.txt", "b.txt", "c.txt");
    assertThat(first.toRead("books")).isEmpty();

    InputChanges second = changes(first.accepted());
    assertThat(second.isEmpty()).isTrue();
    assertThat(second.accepted()).isEqualTo(first.accepted());

    // Touched; rewritten to the same length; new; gone.
    write("a.txt", "alpha", 2);
    write("b.txt", "beat", 2);
    Files.delete(directory.resolve("c.txt"));
    write("d.txt", "", 2);
    InputChanges third = changes(second.accepted());
    assertThat(third.isEmpty()).isFalse();
    assertThat(third.added()).extracting(AcceptedInput::sha256).containsExactly(sum(""));
    assertThat(third.changed()).extracting(AcceptedInput::sha256).containsExactly(sum("beat"));
    assertThat(third.unchanged())
        .extracting(AcceptedInput::modificationTime)
        .containsExactly(2_000L);
    assertThat(third.gone()).extracting(AcceptedInput::sha256).containsExactly(sum("gamma"));
    assertThat(names(third.toRead("news"))).containsExactly("b.txt", "d.txt");
    assertThat(third.accepted())
        .extracting(AcceptedInput::sha256)
        .containsExactly(sum("alpha"), sum("beat"), sum("gamma"), sum(""));

    // What comes back as it was is known.
    write("c.txt", "gamma", 3);
    assertThat(changes(third.accepted()).isEmpty()).isTrue();
  }

  @Test
  void whatLooksTheSameIsNotRead() throws IOException {
    write("a.txt", "alpha", 1);
    List<AcceptedInput> accepted = changes(List.of()).accepted();
    write("a.txt", "aleph", 1);
    assertThat(changes(accepted).isEmpty()).isTrue();
  }

  @Test
  void theSameFileInAnotherSourceIsAnother() throws IOException {
    write("a.txt", "alpha", 1);
    List<FoundInput> found = new ArrayList<>(found("news"));
    found.addAll(found("books"));
    InputChanges changes = InputChanges.between(spark.context(), List.of(), found);
    assertThat(changes.accepted())
        .extracting(AcceptedInput::source)
        .containsExactly("books", "news");
    assertThat(InputChanges.between(spark.context(), changes.accepted(), found("news")).gone())
        .extracting(AcceptedInput::source)
        .containsExactly("books");
  }

  @Test
  void aFileThatVanishesIsNamed() throws IOException {
    write("a.txt", "alpha", 1);
    List<FoundInput> found = found("news");
    Files.delete(directory.resolve("a.txt"));
    assertThatThrownBy(() -> InputChanges.between(spark.context(), List.of(), found))
        .isInstanceOf(UserError.class)
        .hasMessageMatching("The input \\S+a\\.txt was removed while it was looked at; .*");
  }

  private InputChanges changes(List<AcceptedInput> accepted) throws IOException {
    return InputChanges.between(spark.context(), accepted, found("news"));
  }

  private List<FoundInput> found(String source) throws IOException {
    Configuration configuration = spark.context().hadoopConfiguration();
    return FoundInput.list(
        source, InputFiles.list(List.of(directory.toString()), configuration), configuration);
  }

  private void write(String name, String text, int seconds) throws IOException {
    Path file = Files.writeString(directory.resolve(name), text);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1000L * seconds));
  }

  private static List<String> names(List<InputFile> files) {
    return files.stream().map(file -> file.path().getName()).toList();
  }

  private static String sum(String text) {
    return Sha256.hex(text.getBytes(StandardCharsets.UTF_8));
  }
}
