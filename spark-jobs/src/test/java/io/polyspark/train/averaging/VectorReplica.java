package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.util.List;

/**
 * A replica that is nothing but the parameters which it has arrived at in one step.
 *
 * @param parameters theta_w
 * @param whenRead called when they are not needed any more
 */
record VectorReplica(FlatVector parameters, Runnable whenRead) implements TrainedReplica<Integer> {
  @Override
  public List<FlatVector> optimizerState() {
    return List.of();
  }

  @Override
  public long steps() {
    return 1;
  }

  @Override
  public Integer metrics() {
    return 0;
  }

  @Override
  public void close() {
    whenRead.run();
  }
}
