package io.polyspark.prep.version;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.read.InputFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;

/**
 * A file that is there now.
 *
 * @param source name of the source that it belongs to
 * @param file the file, with its length
 * @param modificationTime when it was written, milliseconds since 1970
 */
public record FoundInput(String source, InputFile file, long modificationTime) {
  /**
   * The files of a source as they are now.
   *
   * @throws UserError naming a file that has gone since it was listed
   */
  public static List<FoundInput> list(
      String source, List<InputFile> files, Configuration configuration) throws IOException {
    List<FoundInput> found = new ArrayList<>();
    for (InputFile file : files) {
      if (file.modificationTime() > 0) {
        // As it was listed: asking for each of many files again takes hours on object stores.
        found.add(new FoundInput(source, file, file.modificationTime()));
        continue;
      }
      try {
        FileStatus status = file.path().getFileSystem(configuration).getFileStatus(file.path());
        found.add(
            new FoundInput(
                source, new InputFile(file.uri(), status.getLen()), status.getModificationTime()));
      } catch (FileNotFoundException e) {
        throw gone(file.uri());
      }
    }
    return found;
  }

  static UserError gone(String uri) {
    return UserError.of(
        "The input %s was removed while it was looked at; run this again when the inputs are"
            + " complete.",
        uri);
  }
}
