package io.polyspark.prep.version;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What runs that did not come to their end, and versions that are no more, have left behind. */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  /** Files that a version adds; others were put there by somebody else. */
  private static final Pattern SHARD = Pattern.compile("\\d{6,}-\\d+\\.npy");

  private static final Pattern BATCH = Pattern.compile("batch-\\d{6,}(-[0-9a-f]+)?");

  /** Where tasks write shards before they have their names. */
  private static final String ATTEMPTS = "_attempts";

  private final FileSystem fs;
  private final Path data;

  Leftovers(FileSystem fs, Path data) {
    this.fs = fs;
    this.data = data;
  }

  /**
   * Removes what nothing refers to.
   *
   * @param files names of all files of all versions
   * @param batches names of their batches in the index
   */
  void remove(Set<String> files, Set<String> batches) throws IOException {
    String work = CorpusVersions.work(data).getName();
    for (FileStatus entry : list(data)) {
      String name = entry.getPath().getName();
      if (name.equals(ATTEMPTS) || name.equals(work)) {
        // Every run leaves these to be removed at its end.
        fs.delete(entry.getPath(), true);
      } else if (entry.isDirectory() && !name.startsWith("_") && !name.startsWith(".")) {
        for (FileStatus shard : list(entry.getPath())) {
          String file = shard.getPath().getName();
          if (SHARD.matcher(file).matches() && !files.contains(name + "/" + file)) {
            delete(shard.getPath());
          }
        }
      }
    }
    for (FileStatus batch : list(CorpusVersions.index(data))) {
      String name = batch.getPath().getName();
      if (BATCH.matcher(name).matches() && !batches.contains(name)) {
        delete(batch.getPath());
      }
    }
    for (Path place : List.of(data, CorpusVersions.states(data), CorpusVersions.index(data))) {
      for (FileStatus entry : list(place)) {
        if (RenamedFile.isTemporary(entry.getPath().getName())) {
          delete(entry.getPath());
        }
      }
    }
  }

  private void delete(Path path) throws IOException {
    LOG.info("Removing {}, which no version has", path);
    fs.delete(path, true);
  }

  private FileStatus[] list(Path directory) throws IOException {
    try {
      return fs.listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }
}
