package io.polyspark.evaluate;

import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.tensor.Device;
import io.polyspark.preflight.TaskGpu;
import java.io.IOException;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;

/**
 * The losses of the rows of a {@link ScoringPlan}: of each row the summed cross-entropy, in the
 * order in which the plan has them scored.
 *
 * @param weights the model
 * @param plan what to score
 * @param batches in the plan
 * @param tokens in the plan
 * @param context T, the model's {@code max_position_embeddings}
 * @param device that computes
 */
record RowLosses(
    Weights weights,
    Broadcast<ScoringPlan> plan,
    int batches,
    long tokens,
    int context,
    Device device)
    implements BatchWork {
  private static final long serialVersionUID = 1L;

  @Override
  public double[] of(int first, int end, LongAccumulator done) throws IOException {
    TaskGpu.bind(device);
    ScoringPlan rows = plan.value();
    int firstRow = rows.rowsBefore(first);
    double[] sums = new double[rows.rowsBefore(end) - firstRow];
    try (Replica replica =
        Replica.create(weights.model(), 1, context, ComputeOptions.DEFAULT.withDevice(device))) {
      weights.read(replica.parameters());
      for (int batch = first; batch < end; batch++) {
        rows.score(replica, batch, sums, rows.rowsBefore(batch) - firstRow);
        done.add(rows.tokens(batch));
      }
    }
    return sums;
  }
}
