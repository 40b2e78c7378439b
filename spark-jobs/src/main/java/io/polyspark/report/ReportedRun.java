package io.polyspark.report;

import io.polyspark.evaluate.Evaluation;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.RunDirectory;
import io.polyspark.model.config.UserError;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.train.FlatKeys;
import io.polyspark.train.metrics.RoundMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A run on the page.
 *
 * @param name what the page calls it; no other run on it has the same
 * @param directory as it was given
 * @param checkpoint the newest whole one
 * @param history what its metrics tell
 * @param evaluation of the checkpoint, where there was text to evaluate it on
 * @param samples what its checkpoints write, in the order of the rounds
 */
public record ReportedRun(
    String name,
    Path directory,
    Checkpoint checkpoint,
    RunHistory history,
    Optional<RunEvaluation> evaluation,
    List<Samples> samples) {
  private static final int LONGEST_NAME = 40;

  public ReportedRun {
    samples = List.copyOf(samples);
  }

  /**
   * Opens the runs of a page, the main one first, and reads their metrics.
   *
   * @throws UserError if one is no run, has no whole checkpoint, or its metrics are missing or
   *     damaged
   */
  public static List<ReportedRun> open(Configuration hadoop, List<Path> directories)
      throws IOException {
    List<String> names = names(directories);
    List<ReportedRun> runs = new ArrayList<>();
    for (int i = 0; i < directories.size(); i++) {
      Path directory = directories.get(i);
      FileSystem fs = directory.getFileSystem(hadoop);
      RunDirectory run = new RunDirectory(fs, directory);
      if (!run.isRun()) {
        throw UserError.of(
            fs.exists(run.metrics())
                ? "%s has no checkpoint yet, so there is nothing to report: wait for the first one."
                : "%s is no run: give the output directory of the verb train.",
            directory);
      }
      Checkpoint checkpoint = Checkpoint.resolve(fs, directory);
      RunHistory history = RunHistory.read(fs, run.metrics());
      runs.add(
          new ReportedRun(
              names.get(i), directory, checkpoint, history, Optional.empty(), List.of()));
    }
    return runs;
  }

  /** The directories' last names, or as much of the paths as tells them apart. */
  private static List<String> names(List<Path> directories) {
    List<String> names = directories.stream().map(Path::getName).map(ReportedRun::shown).toList();
    if (names.stream().distinct().count() == names.size()) {
      return names;
    }
    List<String> numbered = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      numbered.add(names.get(i) + " (" + (i + 1) + ")");
    }
    return numbered;
  }

  private static String shown(String name) {
    String visible = name.replaceAll("\\p{C}", "?");
    return visible.length() <= LONGEST_NAME
        ? visible
        : visible.substring(0, LONGEST_NAME - 1) + "…";
  }

  /** The same run with its evaluation. */
  public ReportedRun with(RunEvaluation made) {
    return new ReportedRun(name, directory, checkpoint, history, Optional.of(made), samples);
  }

  /** The same run with what its checkpoints write. */
  public ReportedRun with(List<Samples> written) {
    return new ReportedRun(name, directory, checkpoint, history, evaluation, written);
  }

  /** The number of the model's parameters. */
  long parameters() {
    return ParameterLayout.of(checkpoint.model()).length();
  }

  /** What happens inside the MLPs: a name, or several. */
  String activation() {
    return String.join(" ", checkpoint.model().hiddenAct().stream().distinct().toList());
  }

  /** The resolved configuration, with dotted keys. */
  SortedMap<String, String> configuration() {
    Map<String, Object> configuration = checkpoint.trainer().configuration();
    return FlatKeys.of(configuration);
  }

  /** What the evaluation came to, where it came to something. */
  public Optional<Evaluation.Result> evaluated() {
    return evaluation.flatMap(RunEvaluation::result);
  }

  /** The loss by which runs are held beside each other: evaluated, or else last validated. */
  OptionalDouble loss() {
    Optional<Double> loss =
        evaluated()
            .map(Evaluation.Result::loss)
            .or(() -> history.curve(Measure.VALIDATION_LOSS).last().map(Curve.Point::value));
    return loss.isPresent() ? OptionalDouble.of(loss.get()) : OptionalDouble.empty();
  }

  /** Tokens trained on. */
  long tokens() {
    return history.last().map(RoundMetrics::tokensSeen).orElse(checkpoint.trainer().tokensSeen());
  }
}
