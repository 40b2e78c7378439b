package io.polyspark.train.averaging;

import io.polyspark.model.checkpoint.Safetensors;
import io.polyspark.model.checkpoint.SafetensorsFile;
import io.polyspark.model.checkpoint.TensorEntry;
import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import java.io.InterruptedIOException;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What replicas keep from one round to the next, on any Hadoop file system. {@code
 * DIRECTORY/round-0000010/replica-00003.safetensors} is the optimizer state that replica 3 had at
 * the end of round 10 under {@link OptimizerStatePolicy#KEPT}, {@code residual-00003.safetensors}
 * beside it what rounding has left out of its deltas by then, where that is fed back ({@link
 * Deltas}). A file appears whole or not at all, and a task that is run twice leaves one.
 */
public final class ReplicaStates implements Serializable {
  /** The name of the one tensor of a residual. */
  static final String RESIDUAL = "residual";

  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaStates.class);
  private static final String OPTIMIZER = "replica";

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
   * Clears away what an earlier, interrupted run of a round may have left, on the driver and before
   * the round starts.
   */
  void clear(int round) {
    try {
      fileSystem().delete(directory(round), true);
    } catch (IOException e) {
      throw cannotUse(e);
    }
  }

  /**
   * How many replicas, those of the lowest numbers, have kept an optimizer state of a round; on the
   * driver.
   *
   * @return at least 1
   * @throws UserError if none has
   */
  int optimizerStates(int round) {
    requireOptimizerStates(round, 1);
    return kept(OPTIMIZER, round, Integer.MAX_VALUE);
  }

  /**
   * Makes sure that the optimizer states which replicas kept in a round are there, on the driver.
   *
   * @param replicas W of that round
   * @throws UserError if a replica's is not
   */
  public void requireOptimizerStates(int round, int replicas) {
    int kept = kept(OPTIMIZER, round, replicas);
    if (kept < replicas) {
      throw UserError.of(
          "Replica %d has kept no optimizer state of round %d (there is no %s): continue from a"
              + " round whose states are there, or with optimizer state averaged or reset.",
          kept, round, file(OPTIMIZER, round, kept));
    }
  }

  /**
   * How many replicas, those of the lowest numbers, have a residual of a round; on the driver, so
   * that what a task starts from does not depend on what it finds.
   *
   * @return at most {@code replicas}; fewer where a round has more replicas than the one before it
   * @throws UserError if one is missing in between
   */
  int residuals(int round, int replicas) {
    int kept = kept(RESIDUAL, round, replicas);
    for (int replica = kept + 1; replica < replicas; replica++) {
      if (has(RESIDUAL, round, replica)) {
        throw UserError.of(
            "Replica %d's residual of round %d is missing (there is no %s): bring it back, or"
                + " continue with averaging.error_feedback=false.",
            kept, round, file(RESIDUAL, round, kept));
      }
    }
    if (kept < replicas) {
      LOG.warn(
          "Replicas from {} on have no residual of round {}: they start from zero", kept, round);
    }
    return kept;
  }

  /** The first replica that has kept nothing of a kind, or {@code replicas}. */
  private int kept(String kind, int round, int replicas) {
    int replica = 0;
    while (replica < replicas && has(kind, round, replica)) {
      replica++;
    }
    return replica;
  }

  private boolean has(String kind, int round, int replica) {
    try {
      return fileSystem().exists(file(kind, round, replica));
    } catch (IOException e) {
      throw cannotUse(e);
    }
  }

  /**
   * Writes a replica's optimizer state at the end of a round, on an executor. If another attempt of
   * the task has written it already it stays as it is: the two are the same, unless a deadline cut
   * them off after different numbers of steps; the state is then that of the first, as good a one.
   *
   * @throws UserError if its file system does not take it
   */
  void write(int round, int replica, List<FlatVector> vectors) {
    List<TensorEntry> tensors = new ArrayList<>();
    for (FlatVector vector : vectors) {
      tensors.add(new TensorEntry(tensor(tensors.size()), List.of(vector.length()), vector, 0));
    }
    write(file(OPTIMIZER, round, replica), tensors);
  }

  /** As {@link #write}, a replica's residual. */
  void writeResidual(int round, int replica, FlatVector residual) {
    write(
        file(RESIDUAL, round, replica),
        List.of(new TensorEntry(RESIDUAL, List.of(residual.length()), residual, 0)));
  }

  private void write(Path state, List<TensorEntry> tensors) {
    try {
      WriteAttempts.USUAL.run("replica state " + state, () -> writeOnce(state, tensors));
    } catch (InterruptedIOException e) {
      throw new UncheckedIOException("Cannot write replica state " + state, e);
    } catch (IOException e) {
      throw new UserError(
          String.format(
              "What a replica keeps could not be written to %s (%s): see to that file system, then"
                  + " go on with --resume.",
              state, WriteAttempts.cause(e)),
          e);
    }
  }

  private void writeOnce(Path state, List<TensorEntry> tensors) throws IOException {
    Path temporary = new Path(state.getParent(), "." + state.getName() + "." + UUID.randomUUID());
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
  }

  /** Reads what {@link #write} wrote, on an executor. */
  void read(int round, int replica, List<FlatVector> into) {
    Map<String, List<Long>> shapes = new HashMap<>();
    for (FlatVector vector : into) {
      shapes.put(tensor(shapes.size()), List.of(vector.length()));
    }
    Path state = file(OPTIMIZER, round, replica);
    try (SafetensorsFile file = open(state, shapes)) {
      for (int i = 0; i < into.size(); i++) {
        file.read(tensor(i), into.get(i), 0);
      }
    } catch (IOException e) {
      throw cannotRead(state, e);
    }
  }

  /**
   * Opens what {@link #writeResidual} wrote, on an executor: a file with the tensor {@link
   * #RESIDUAL}, for the caller to close.
   */
  SafetensorsFile openResidual(int round, int replica, long length) {
    Path state = file(RESIDUAL, round, replica);
    try {
      return open(state, Map.of(RESIDUAL, List.of(length)));
    } catch (IOException e) {
      throw cannotRead(state, e);
    }
  }

  private SafetensorsFile open(Path state, Map<String, List<Long>> shapes) throws IOException {
    SafetensorsFile file = SafetensorsFile.open(fileSystem(), state);
    if (!file.shapes().equals(shapes)) {
      file.close();
      throw UserError.of(
          "%s holds other tensors (%d of them) than the replica has (%s): continue from a round whose"
              + " states are its own.",
          state, file.count(), shapes);
    }
    return file;
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

  private Path file(String kind, int round, int replica) {
    String name = String.format(Locale.ROOT, "%s-%05d.safetensors", kind, replica);
    return new Path(directory(round), name);
  }

  private static String tensor(int number) {
    return "optimizer." + number;
  }

  private static String name(int round) {
    return String.format(Locale.ROOT, "round-%07d", round);
  }

  private UncheckedIOException cannotUse(IOException e) {
    return new UncheckedIOException("Cannot use " + directory + " for replica states", e);
  }

  private static UncheckedIOException cannotRead(Path state, IOException e) {
    return new UncheckedIOException("Cannot read replica state " + state, e);
  }
}
