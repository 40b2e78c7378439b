package io.polyspark.prep.read;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Finds the files that the user's paths, directories and globs name. A file that is named twice
 * counts once; the order is that of the full paths, whatever the order on the command line.
 */
public final class InputFiles {
  private final Configuration configuration;
  private final TreeMap<String, InputFile> found = new TreeMap<>();

  private InputFiles(Configuration configuration) {
    this.configuration = configuration;
  }

  /**
   * Lists the files of all inputs.
   *
   * @throws UserError naming an input that is missing, empty or out of reach
   */
  public static List<InputFile> list(Collection<String> inputs, Configuration configuration) {
    InputFiles files = new InputFiles(configuration);
    for (String input : inputs) {
      try {
        files.add(input);
      } catch (IOException | IllegalArgumentException e) {
        throw new UserError("Cannot read the input " + input + ": " + e.getMessage() + ".", e);
      }
    }
    return List.copyOf(files.found.values());
  }

  /**
   * As {@link #list}, but directories with nothing in them and globs that match nothing are no
   * mistake: what they name may come another night.
   *
   * @throws UserError naming an input that is missing or out of reach
   */
  public static List<InputFile> listThoseThere(
      Collection<String> inputs, Configuration configuration) {
    List<String> there = new ArrayList<>();
    for (String input : inputs) {
      if (!awaitsFiles(input, configuration)) {
        there.add(input);
      }
    }
    return list(there, configuration);
  }

  /**
   * The file system of a file of the input. Hadoop looks for sums beside local files, and cannot
   * where a name has a colon, as those with a time of day have: such a file is read without them.
   */
  public static FileSystem fileSystem(Path path, Configuration configuration) throws IOException {
    FileSystem fs = path.getFileSystem(configuration);
    return fs instanceof LocalFileSystem local && path.getName().contains(":")
        ? local.getRaw()
        : fs;
  }

  private static boolean awaitsFiles(String input, Configuration configuration) {
    try {
      Path path = new Path(input);
      FileSystem fs = path.getFileSystem(configuration);
      FileStatus[] matches = fs.globStatus(path);
      if (matches == null) {
        return false;
      }
      List<InputFile> files = new ArrayList<>();
      for (FileStatus match : matches) {
        if (isNoData(match.getPath()) && !fs.exists(path)) {
          continue;
        }
        if (match.isFile()) {
          return false;
        }
        addDirectory(fs, match.getPath(), files);
      }
      return files.isEmpty();
    } catch (IOException | IllegalArgumentException e) {
      // Said by whoever lists it.
      return false;
    }
  }

  private void add(String input) throws IOException {
    Path path = new Path(input);
    FileSystem fs = path.getFileSystem(configuration);
    // A file whose name has a bracket in it is itself before it is a pattern.
    boolean named = fs.exists(path);
    FileStatus[] matches = named ? new FileStatus[] {fs.getFileStatus(path)} : fs.globStatus(path);
    if (matches == null || matches.length == 0) {
      throw UserError.of(
          "The input %s does not exist; name a file, a directory or a glob that matches some.",
          input);
    }
    List<InputFile> files = new ArrayList<>();
    for (FileStatus match : matches) {
      if (!named && isNoData(match.getPath())) {
        continue;
      }
      if (match.isDirectory()) {
        addDirectory(fs, match.getPath(), files);
      } else {
        files.add(new InputFile(match));
      }
    }
    if (files.stream().mapToLong(InputFile::length).sum() == 0) {
      throw UserError.of(
          "The input %s is empty: %s; name one with text in it.",
          input, files.isEmpty() ? "there is no file in it" : "it has 0 bytes");
    }
    files.forEach(file -> found.put(file.uri(), file));
  }

  private static void addDirectory(FileSystem fs, Path directory, List<InputFile> files)
      throws IOException {
    RemoteIterator<LocatedFileStatus> all = fs.listFiles(directory, true);
    while (all.hasNext()) {
      FileStatus status = all.next();
      if (!hidden(directory, status.getPath())) {
        files.add(new InputFile(status));
      }
    }
  }

  /**
   * Hadoop's convention for what is no data: its name starts with _ or a dot, or says that it is
   * still being copied.
   */
  private static boolean isNoData(Path path) {
    String name = path.getName();
    return name.startsWith("_") || name.startsWith(".") || name.endsWith("._COPYING_");
  }

  private static boolean hidden(Path directory, Path file) {
    for (Path part = file; part != null && !part.equals(directory); part = part.getParent()) {
      if (isNoData(part)) {
        return true;
      }
    }
    return false;
  }
}
