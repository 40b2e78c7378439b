package io.polyspark.prep.filter;

import static io.polyspark.prep.filter.Documents.removedBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BadWordsTest {
  @TempDir Path directory;

  @Test
  void wordsAndPhrasesAreFoundWhole() throws IOException {
    Path list = Files.writeString(directory.resolve("list"), "darn\n\nbad word\nÜbel\r\n");
    BadWords rule = BadWords.read(list.toString(), new Configuration());
    assertThat(removedBy(rule, "Oh, DARN!")).contains("listed");
    assertThat(removedBy(rule, "a bad-word")).contains("listed");
    assertThat(removedBy(rule, "übel")).contains("listed");
    assertThat(removedBy(rule, "darned, undarn, bad words, a bad one-word")).isEmpty();
    assertThat(removedBy(rule, "")).isEmpty();
  }

  @Test
  void listsThatCannotBeUsedAreNamed() throws IOException {
    Configuration configuration = new Configuration();
    Path empty = Files.writeString(directory.resolve("empty"), "\n--\n");
    Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, 'a'});
    assertThatThrownBy(() -> BadWords.read(empty.toString(), configuration))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The list of bad words %s is empty; give a file with one word or phrase a line.",
            empty);
    assertThatThrownBy(() -> BadWords.read(binary.toString(), configuration))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not UTF-8 text");
    assertThatThrownBy(() -> BadWords.read(directory.resolve("none").toString(), configuration))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Cannot read the bad words in " + directory.resolve("none"));
  }
}
