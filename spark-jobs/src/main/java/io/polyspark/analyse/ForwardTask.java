package io.polyspark.analyse;

import io.polyspark.model.analysis.ForwardSums;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tensor.Device;
import io.polyspark.preflight.TaskGpu;
import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What a model computes of a range of batches, on an executor. Batch b holds the windows b B to b B
 * + B - 1; the last may have fewer.
 *
 * @param hadoop to open file systems with
 * @param checkpoint a directory whose sums the driver has compared
 * @param data the token shards' directory
 * @param split of the data
 * @param windows how many to read, from the first on
 * @param batch B, windows per batch
 */
record ForwardTask(
    SerializableConfiguration hadoop,
    String checkpoint,
    String data,
    String split,
    long windows,
    int batch)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Computes batches one after the other.
   *
   * @param task the number of the task that asks
   * @param first the first batch
   * @param end after the last
   * @param done counts tokens, for people to follow
   * @return the sums of each batch
   */
  Piece<ForwardSums> of(int task, long first, long end, LongAccumulator done) throws IOException {
    TaskGpu.bind(Device.CPU);
    Path path = new Path(checkpoint);
    Path dataPath = new Path(data);
    Checkpoint opened = Checkpoint.openVerified(path.getFileSystem(hadoop.value()), path);
    ModelConfig model = opened.model();
    int context = model.maxPositionEmbeddings();
    ForwardSums[] sums = new ForwardSums[(int) (end - first)];
    try (Replica replica = Replica.create(model, batch, context);
        TokenShards shards =
            TokenShards.open(dataPath.getFileSystem(hadoop.value()), dataPath, split, context)) {
      opened.readParameters(replica.parameters());
      for (long b = first; b < end; b++) {
        int rows = (int) Math.min(batch, windows - b * batch);
        int[] tokens = new int[rows * context];
        int[] targets = new int[rows * context];
        for (int row = 0; row < rows; row++) {
          shards.window(b * batch + row, tokens, targets, row * context);
        }
        ForwardSums ofBatch = new ForwardSums(model);
        replica.forwardObserved(tokens, ofBatch);
        sums[(int) (b - first)] = ofBatch;
        done.add(tokens.length);
      }
    }
    return new Piece<>(task, sums);
  }
}
