package io.polyspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Where numbers are written with other digits, names of files keep theirs. */
@Isolated("changes the default locale")
class NamesInAnyLocaleTest {
  private Locale before;

  @BeforeEach
  void writePersian() {
    before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("fa-IR-u-nu-arabext"));
  }

  @AfterEach
  void writeAsBefore() {
    Locale.setDefault(before);
  }

  @Test
  void checkpoints() throws IOException {
    RunDirectory run =
        new RunDirectory(FileSystem.getLocal(new Configuration()), new Path("/tmp/run"));

    assertThat(String.format("%d", 12)).isEqualTo("۱۲");
    assertThat(run.checkpoint(12).getName()).isEqualTo("round-0000012");
  }
}
