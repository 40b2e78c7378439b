package io.polyspark.evaluate;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.dl4j.MemoryEstimate;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.MemoryPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Scores rows of tokens with many checkpoints, in one Spark job. */
final class Scorer {
  /**
   * What one checkpoint is to score.
   *
   * @param plan may be that of several
   */
  record Scoring(Checkpoint checkpoint, ScoringPlan plan) {}

  private static final Logger LOG = LoggerFactory.getLogger(Scorer.class);

  private Scorer() {}

  /**
   * Memory that one task takes, on the device that computes: the largest of the shapes that batches
   * have.
   */
  static long nativeBytesPerTask(ModelConfig model, Device device) {
    return ScoringPlan.shapes(model.maxPositionEmbeddings()).stream()
        .mapToLong(
            shape ->
                MemoryEstimate.of(
                        model,
                        shape[0],
                        shape[1],
                        MemoryPlan.Purpose.INFERENCE,
                        ComputeOptions.DEFAULT.withDevice(device))
                    .total())
        .max()
        .orElseThrow();
  }

  /**
   * Runs the job.
   *
   * @param description for people
   * @param device where tasks compute
   * @param slots how many tasks run at a time; it does not change the result
   * @return of each checkpoint, for each row of its plan, the summed cross-entropy of what counts,
   *     nats
   */
  static List<double[]> losses(
      JavaSparkContext spark, String description, List<Scoring> scorings, Device device, int slots)
      throws IOException {
    SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
    Map<ScoringPlan, Broadcast<ScoringPlan>> plans = new LinkedHashMap<>();
    try {
      List<RowLosses> works = new ArrayList<>();
      for (Scoring scoring : scorings) {
        ScoringPlan plan = scoring.plan();
        works.add(
            new RowLosses(
                Checkpoints.weights(scoring.checkpoint(), hadoop),
                plans.computeIfAbsent(plan, spark::broadcast),
                plan.batches(),
                plan.tokens(),
                scoring.checkpoint().model().maxPositionEmbeddings(),
                device));
      }
      plans.keySet().forEach(Scorer::log);
      List<double[]> sums = BatchJob.run(spark, description, works, slots);
      List<double[]> losses = new ArrayList<>();
      for (int i = 0; i < sums.size(); i++) {
        losses.add(scorings.get(i).plan().inOrder(sums.get(i)));
      }
      return losses;
    } finally {
      plans.values().forEach(Broadcast::destroy);
    }
  }

  private static void log(ScoringPlan plan) {
    LOG.info(
        "{} rows in {} batches: {} tokens, with padding {}",
        plan.rowsBefore(plan.batches()),
        plan.batches(),
        plan.tokens(),
        plan.paddedTokens());
  }
}
