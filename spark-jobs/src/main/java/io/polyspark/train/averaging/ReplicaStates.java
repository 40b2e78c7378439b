package io.polyspark.train.averaging;

import io.polyspark.model.checkpoint.Safetensors;
import io.polyspark.model.checkpoint.SafetensorsFile;
import io.polyspark.model.checkpoint.TensorEntry;
import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
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

  /**
   * Makes ready for a round, on the driver: clears away what an earlier, interrupted run of it may
   * have left, and makes sure that its replicas find what they kept in the round before.
   *
   * @throws UserError if a replica's state of the round before is not there
   */
  void prepare(int round, int replicas) {
    try {
      FileSystem fs = fileSystem();
      fs.delete(directory(round), true);
      for (int replica = 0; round > 1 && replica < replicas; replica++) {
        Path state = file(round - 1, replica);
        if (!fs.exists(state)) {
          throw UserError.of(
              "Replica %d has kept no optimizer state of round %d (there is no %s): continue with"
                  + " as many replicas as before, or with optimizer state averaged or reset.",
              replica, round - 1, state);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot use " + directory + " for replica states", e);
    }
  }

  /**
   * Writes a replica's state at the end of a round, on an executor. If another attempt of the task
   * has written it already it stays as it is: the two are the same.
   */
  void write(int round, int replica, List<FlatVector> vectors) {
    Path state = file(round, replica);
    Path temporary = new Path(state.getParent(), "." + state.getName() + "." + UUID.randomUUID());
    List<TensorEntry> tensors = new ArrayList<>();
    for (FlatVector vector : vectors) {
      tensors.add(new TensorEntry(tensor(tensors.size()), List.of(vector.length()), vector, 0));
    }
    try {
      FileSystem fs = fileSystem();
      try {
        try (FSDataOutputStream out = fs.create(temporary, false)) {
          Safetensors.write(tensors, out);
        }
        if (!fs.exists(state) && !fs.rename(temporary, state) && !fs.exists(state)) {
          throw new IOException("Cannot rename " + temporary + " to " + state);
        }
      } finally {
        fs.delete(temporary, false);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write replica state " + state, e);
    }
  }

  /** Reads what {@link #write} wrote, on an executor. */
  void read(int round, int replica, List<FlatVector> into) {
    Path state = file(round, replica);
    try (SafetensorsFile file = SafetensorsFile.open(fileSystem(), state)) {
      Map<String, List<Long>> expected = new HashMap<>();
      for (FlatVector vector : into) {
        expected.put(tensor(expected.size()), List.of(vector.length()));
      }
      if (!file.shapes().equals(expected)) {
        throw new IllegalArgumentException(
            state + " holds " + file.shapes() + ", the replica's optimizer has " + expected);
      }
      for (int i = 0; i < into.size(); i++) {
        file.read(tensor(i), into.get(i), 0);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read replica state " + state, e);
    }
  }

  /** Deletes the states of all rounds but these, on the driver. */
  public void retain(Set<Integer> rounds) {
    Set<String> kept = rounds.stream().map(ReplicaStates::name).collect(Collectors.toSet());
    Path root = new Path(directory);
    try {
      FileSystem fs = fileSystem();
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

  private FileSystem fileSystem() throws IOException {
    return new Path(directory).getFileSystem(configuration.value());
  }

  private Path directory(int round) {
    return new Path(directory, name(round));
  }

  private Path file(int round, int replica) {
    String name = String.format(Locale.ROOT, "replica-%05d.safetensors", replica);
    return new Path(directory(round), name);
  }

  private static String tensor(int number) {
    return "optimizer." + number;
  }

  private static String name(int round) {
    return String.format(Locale.ROOT, "round-%07d", round);
  }
}
