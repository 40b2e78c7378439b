package io.polyspark.train.averaging;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.BaseTrainingListener;

/** Writes what each step of each replica trains with to a file of its own in a folder. */
final class StepLog extends BaseTrainingListener implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String folder;

  StepLog(String folder) {
    this.folder = folder;
  }

  /** What a step leaves behind: its iteration and epoch count, and its learning rate. */
  static String line(int iteration, int epoch, double rate) {
    return String.format(Locale.ROOT, "%d %d %.6f", iteration, epoch, rate);
  }

  /** The iteration count of a line. */
  static String iteration(String line) {
    return line.substring(0, line.indexOf(' '));
  }

  /** All lines in the folder, sorted. */
  static List<String> read(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".step"))
          .map(StepLog::content)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** DL4J calls this after the step, when the count has gone on by one. */
  @Override
  public void iterationDone(Model model, int iteration, int epoch) {
    double rate = ((ComputationGraph) model).getLearningRate("out");
    try {
      Files.writeString(Path.of(folder, UUID.randomUUID() + ".step"), line(iteration, epoch, rate));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
