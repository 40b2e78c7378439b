package io.polyspark.train.averaging;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The replicas' own optimizer states under {@link OptimizerStatePolicy#KEPT}, on any Hadoop file
 * system: {@code DIRECTORY/round-0000010/replica-00003.safetensors} is what replica 3 had at the
 * end of round 10. A file appears whole or not at all, and a task that is run twice leaves one.
 */
public final class ReplicaStates implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String directory;
  private final SerializableConfiguration configuration;

  /**
   * @param directory where the rounds' directories lie; made when first needed
   * @param configuration how to reach its file system, from the driver and from executors
   */
  public ReplicaStates(Path directory, Configuration configuration) {
    this.directory = directory.toString();
    this.configuration = new SerializableConfiguration(configuration);
  }

  /** Deletes the states of all rounds but these. */
  public void retain(Set<Integer> rounds) {
    Set<String> kept = rounds.stream().map(ReplicaStates::name).collect(Collectors.toSet());
    Path root = new Path(directory);
    try {
      FileSystem fs = root.getFileSystem(configuration.value());
      if (!fs.exists(root)) {
        return;
      }
      for (FileStatus round : fs.listStatus(root)) {
        if (!kept.contains(round.getPath().getName())) {
          fs.delete(round.getPath(), true);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete old replica states under " + root, e);
    }
  }

  private static String name(int round) {
    return String.format(Locale.ROOT, "round-%07d", round);
  }
}
