package io.polyspark.evaluate;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import java.io.Serializable;

/**
 * A model as an evaluation's tasks get it: from a checkpoint, or from what a training run
 * broadcasts.
 */
public interface Weights extends Serializable {
  /** The model's configuration. */
  ModelConfig model() throws IOException;

  /**
   * Copies the parameters, on an executor.
   *
   * @param into as long as the model's parameters; owned by the caller
   */
  void read(FlatVector into) throws IOException;
}
