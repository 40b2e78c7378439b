package io.polyspark.evaluate;

import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.preflight.TaskGpu;
import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The losses of a range of batches, on an executor. Batch b holds the windows b B to b B + B - 1.
 *
 * @param hadoop to open file systems with
 * @param weights the model
 * @param data the token shards' directory
 * @param split of the data
 * @param windows how many to evaluate, from the first on
 * @param batch B, windows per batch
 * @param context T, tokens per window
 */
record BatchLosses(
    SerializableConfiguration hadoop,
    Weights weights,
    String data,
    String split,
    long windows,
    int batch,
    int context)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Evaluates batches.
   *
   * @param task the number of the task that asks
   * @param first the first batch
   * @param end after the last
   * @param done counts tokens, for people to follow
   * @return the summed cross-entropy of each batch, nats
   */
  Piece of(int task, long first, long end, LongAccumulator done) throws IOException {
    TaskGpu.bind();
    Path dataPath = new Path(data);
    try (Replica replica = Replica.create(weights.model(), batch, context);
        TokenShards shards =
            TokenShards.open(Evaluation.fileSystem(dataPath, hadoop), dataPath, split, context)) {
      weights.read(replica.parameters());
      int[] tokens = new int[batch * context];
      int[] targets = new int[batch * context];
      double[] losses = new double[batch * context];
      double[] sums = new double[(int) (end - first)];
      for (long b = first; b < end; b++) {
        long window = b * batch;
        int rows = (int) Math.min(batch, windows - window);
        for (int row = 0; row < rows; row++) {
          shards.window(window + row, tokens, targets, row * context);
        }
        // Nobody adds the losses of the rows past the last window. They hold zeros whatever batch
        // came before, because in a mixture of experts they share products with the others, whose
        // last bits may depend on how many rows there are.
        Arrays.fill(tokens, rows * context, tokens.length, 0);
        replica.tokenLosses(tokens, targets, losses);
        for (int at = 0; at < rows * context; at++) {
          sums[(int) (b - first)] += losses[at];
        }
        done.add((long) rows * context);
      }
      return new Piece(task, sums);
    }
  }
}
