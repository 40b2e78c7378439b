package io.polyspark.prep.tokenize;

import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.WholeFile;
import io.polyspark.model.tokenize.ByteTokenizer;
import io.polyspark.model.tokenize.Tokenizer;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** What an option {@code --tokenizer} names. */
public final class TokenizerOption {
  /** The tokenizer that needs no file. */
  public static final String BYTE = "byte";

  private TokenizerOption() {}

  /**
   * The {@code tokenizer.json}.
   *
   * @param value {@value #BYTE}, or the path of one on any Hadoop file system
   * @throws UserError if it cannot be read
   */
  public static byte[] read(String value, Configuration configuration) {
    if (value.equals(BYTE)) {
      try (Tokenizer bytes = new ByteTokenizer()) {
        return bytes.json();
      }
    }
    Path path = new Path(value);
    try {
      return WholeFile.read(path.getFileSystem(configuration), path, ReadLimits.TOKENIZER);
    } catch (IOException e) {
      throw new UserError(
          String.format(
              "Cannot read the tokenizer %s (%s); give byte or the path of a tokenizer.json.",
              value, e.getMessage()),
          e);
    }
  }
}
