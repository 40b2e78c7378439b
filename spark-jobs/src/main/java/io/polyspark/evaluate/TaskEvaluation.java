package io.polyspark.evaluate;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tokenize.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Scores checkpoints on multiple-choice tasks, as one Spark job: a model chooses the answer that it
 * finds likeliest. Each checkpoint reads the requests with its own tokenizer. Batches are the same
 * and are added up in the same order however many tasks there are and wherever they run.
 */
public final class TaskEvaluation {
  /** What decides how requests become rows. */
  private record Reading(String tokenizer, int context) {}

  private TaskEvaluation() {}

  /** Memory that one task of {@link #run} takes, on the device that computes. */
  public static long nativeBytesPerTask(ModelConfig model, Device device) {
    return Scorer.nativeBytesPerTask(model, device);
  }

  /**
   * Reads tasks, and forgets them: what is wrong with them is then said before anything else is
   * computed.
   *
   * @param tasks a directory of a task, or of directories of tasks
   * @throws UserError if a task is not as it must be
   */
  public static void check(Configuration configuration, Path tasks) throws IOException {
    TaskFiles.read(tasks.getFileSystem(configuration), tasks);
  }

  /**
   * Scores every checkpoint on every task.
   *
   * @param checkpoints as {@link Checkpoints} has opened them
   * @param tasks a directory of a task, or of directories of tasks
   * @param device where tasks of Spark's compute
   * @return in the order of the checkpoints
   * @throws UserError if a task is not as it must be, if a tokenizer does not belong to its model,
   *     or if a model computes no finite numbers
   */
  public static List<CheckpointScores> run(
      JavaSparkContext spark, List<Checkpoint> checkpoints, Path tasks, Device device)
      throws IOException {
    return run(spark, checkpoints, tasks, device, Checkpoints.slots(spark));
  }

  static List<CheckpointScores> run(
      JavaSparkContext spark,
      List<Checkpoint> checkpoints,
      Path directory,
      Device device,
      int slots)
      throws IOException {
    List<MultipleChoice> tasks =
        TaskFiles.read(directory.getFileSystem(spark.hadoopConfiguration()), directory);
    Map<Reading, EncodedRequests> encoded = new LinkedHashMap<>();
    List<EncodedRequests> requests = new ArrayList<>();
    for (Checkpoint checkpoint : checkpoints) {
      requests.add(encode(checkpoint, tasks, encoded));
    }
    Map<EncodedRequests, ScoringPlan> plans = new LinkedHashMap<>();
    encoded.values().forEach(each -> plans.put(each, each.plan()));
    List<Scorer.Scoring> scorings = new ArrayList<>();
    for (int i = 0; i < checkpoints.size(); i++) {
      scorings.add(new Scorer.Scoring(checkpoints.get(i), plans.get(requests.get(i))));
    }
    List<double[]> losses = Scorer.losses(spark, "Score the tasks", scorings, device, slots);
    List<CheckpointScores> scores = new ArrayList<>();
    for (int i = 0; i < checkpoints.size(); i++) {
      for (double loss : losses.get(i)) {
        Checkpoints.requireFinite(loss, checkpoints.get(i), directory);
      }
      scores.add(scores(checkpoints.get(i), tasks, requests.get(i), losses.get(i)));
    }
    return scores;
  }

  private static EncodedRequests encode(
      Checkpoint checkpoint, List<MultipleChoice> tasks, Map<Reading, EncodedRequests> encoded)
      throws IOException {
    try (Tokenizer tokenizer = Checkpoints.tokenizer(checkpoint)) {
      return encoded.computeIfAbsent(
          new Reading(tokenizer.sha256(), checkpoint.model().maxPositionEmbeddings()),
          reading -> {
            EncodedRequests requests = new EncodedRequests(tokenizer, reading.context());
            tasks.forEach(requests::add);
            return requests;
          });
    }
  }

  private static CheckpointScores scores(
      Checkpoint checkpoint,
      List<MultipleChoice> tasks,
      EncodedRequests requests,
      double[] losses) {
    return new CheckpointScores(
        checkpoint,
        tasks.stream()
            .map(
                task ->
                    TaskScore.of(
                        task,
                        task.questions().stream()
                            .map(question -> predict(task, question, requests, losses))
                            .toList()))
            .toList());
  }

  private static Prediction predict(
      MultipleChoice task,
      MultipleChoice.Question question,
      EncodedRequests requests,
      double[] losses) {
    List<Double> likelihoods = new ArrayList<>();
    List<Double> unconditional = new ArrayList<>();
    for (MultipleChoice.Choice choice : question.choices()) {
      likelihoods.add(requests.logLikelihood(choice.request(), losses));
      choice
          .unconditional()
          .ifPresent(request -> unconditional.add(requests.logLikelihood(request, losses)));
    }
    Map<Metric, Integer> chosen = new EnumMap<>(Metric.class);
    for (Metric metric : task.metrics()) {
      chosen.put(metric, largest(metric, question, likelihoods, unconditional));
    }
    return new Prediction(
        question.document(), question.right(), likelihoods, unconditional, chosen);
  }

  /** The first of the choices with the largest score. */
  private static int largest(
      Metric metric,
      MultipleChoice.Question question,
      List<Double> likelihoods,
      List<Double> unconditional) {
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < likelihoods.size(); i++) {
      double without = unconditional.isEmpty() ? 0 : unconditional.get(i);
      double score = metric.score(question.choices().get(i), likelihoods.get(i), without);
      if (score > most) {
        most = score;
        best = i;
      }
    }
    return best;
  }
}
