package io.polyspark.evaluate;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The model of a checkpoint whose sums the driver has compared.
 *
 * @param hadoop to open its file system with
 * @param directory the checkpoint's
 */
record CheckpointWeights(SerializableConfiguration hadoop, String directory) implements Weights {
  private static final long serialVersionUID = 1L;

  @Override
  public ModelConfig model() throws IOException {
    return open().model();
  }

  @Override
  public void read(FlatVector into) throws IOException {
    open().readParameters(into);
  }

  private Checkpoint open() throws IOException {
    Path path = new Path(directory);
    return Checkpoint.openVerified(path.getFileSystem(hadoop.value()), path);
  }
}
