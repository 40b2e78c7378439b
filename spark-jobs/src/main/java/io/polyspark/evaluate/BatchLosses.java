package io.polyspark.evaluate;

import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tensor.Device;
import io.polyspark.preflight.TaskGpu;
import java.io.IOException;
import java.util.Arrays;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The losses of batches of windows of a split: of each batch the summed cross-entropy, in nats.
 * Batch b holds the windows b B to b B + B - 1. A window that overlaps the one before counts its
 * last tokens alone, those that the other has not.
 *
 * @param hadoop to open file systems with
 * @param weights the model
 * @param data the token shards' directory
 * @param split of the data
 * @param windows how many to evaluate, from the first on
 * @param batch B, windows per batch
 * @param context T, tokens per window
 * @param stride from the beginning of a window to the next, at most T
 * @param device that computes
 */
record BatchLosses(
    SerializableConfiguration hadoop,
    Weights weights,
    String data,
    String split,
    long windows,
    int batch,
    int context,
    int stride,
    Device device)
    implements BatchWork {
  private static final long serialVersionUID = 1L;

  @Override
  public int batches() {
    return Math.toIntExact((windows + batch - 1) / batch);
  }

  @Override
  public long tokens() {
    return windows * context;
  }

  @Override
  public double[] of(int first, int end, LongAccumulator done) throws IOException {
    TaskGpu.bind(device);
    Path dataPath = new Path(data);
    try (Replica replica =
            Replica.create(
                weights.model(), batch, context, ComputeOptions.DEFAULT.withDevice(device));
        TokenShards shards =
            TokenShards.open(
                Evaluation.fileSystem(dataPath, hadoop), dataPath, split, context, stride)) {
      weights.read(replica.parameters());
      int[] tokens = new int[batch * context];
      int[] targets = new int[batch * context];
      double[] losses = new double[batch * context];
      double[] sums = new double[end - first];
      for (int b = first; b < end; b++) {
        long window = (long) b * batch;
        int rows = (int) Math.min(batch, windows - window);
        for (int row = 0; row < rows; row++) {
          shards.window(window + row, tokens, targets, row * context);
        }
        // Nobody adds the losses of the rows past the last window. They hold zeros whatever batch
        // came before, because in a mixture of experts they share products with the others, whose
        // last bits may depend on how many rows there are.
        Arrays.fill(tokens, rows * context, tokens.length, 0);
        replica.tokenLosses(tokens, targets, losses);
        for (int row = 0; row < rows; row++) {
          int counted = shards.newTargets(window + row);
          for (int at = (row + 1) * context - counted; at < (row + 1) * context; at++) {
            sums[b - first] += losses[at];
          }
        }
        done.add((long) rows * context);
      }
      return sums;
    }
  }
}
