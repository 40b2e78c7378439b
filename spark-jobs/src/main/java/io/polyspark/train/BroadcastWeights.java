package io.polyspark.train;

import io.polyspark.evaluate.Weights;
import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.train.averaging.BroadcastVector;

/**
 * The model that a training run has arrived at.
 *
 * @param config the run's configuration, as {@link ConfigFile} writes it
 * @param parameters the parameters, until the driver destroys them
 */
record BroadcastWeights(String config, BroadcastVector parameters) implements Weights {
  private static final long serialVersionUID = 1L;

  @Override
  public ModelConfig model() {
    return TrainConfig.fromMap(ConfigFile.parse(config), "the run's configuration").model();
  }

  @Override
  public void read(FlatVector into) {
    parameters.copyTo(into);
  }
}
