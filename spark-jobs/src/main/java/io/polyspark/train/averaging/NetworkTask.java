package io.polyspark.train.averaging;

import io.polyspark.model.tensor.BlasCore;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.preflight.TaskGpu;
import java.util.Iterator;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A replica that is a stock DL4J network with its own updater: one step per minibatch of its slice.
 * It reports the sum of the minibatches' scores.
 *
 * @param configuration the network's configuration, as JSON; iteration and epoch counts are not
 *     part of it
 * @param parameters the network's number of parameters
 * @param epoch the epoch count to train with
 * @param listeners serializable; each replica has copies of its own
 */
record NetworkTask(
    String configuration, long parameters, int epoch, List<TrainingListener> listeners)
    implements SliceTask<MultiDataSet, Double> {

  @Override
  public TrainedReplica<Double> run(RoundInput input, Iterator<MultiDataSet> minibatches) {
    TaskGpu.bind(Device.CPU);
    ComputationGraph network = network(input);
    try {
      return train(network, input, minibatches);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  private ComputationGraph network(RoundInput input) {
    BlasCore.settle();
    // Whatever the layers draw (dropout, noise) is then the same wherever the replica is trained.
    Nd4j.getRandom().setSeed(31L * input.round() + input.replica());
    ComputationGraphConfiguration counted = ComputationGraphConfiguration.fromJson(configuration);
    counted.setIterationCount(Math.toIntExact(input.completedSteps()));
    counted.setEpochCount(epoch);
    INDArray values = Nd4j.createUninitialized(DataType.FLOAT, 1, parameters);
    input.readParameters(new NetworkVector(values));
    ComputationGraph network = new ComputationGraph(counted);
    network.init(values, false);
    input.readOptimizerState(updaterState(network));
    network.setListeners(listeners);
    return network;
  }

  private static TrainedReplica<Double> train(
      ComputationGraph network, RoundInput input, Iterator<MultiDataSet> minibatches) {
    double scores = 0;
    long steps = 0;
    while (minibatches.hasNext()) {
      network.fit(minibatches.next());
      steps++;
      double score = network.score();
      if (!Double.isFinite(score)) {
        throw new DivergedException(
            input.round(),
            input.replica(),
            input.completedSteps() + steps,
            "The score is " + score);
      }
      scores += score;
    }
    return new Trained(network, steps, scores);
  }

  /** The updater's state as one vector; none for updaters without any, plain SGD for instance. */
  static List<FlatVector> updaterState(ComputationGraph network) {
    INDArray state = network.getUpdater().getStateViewArray();
    return state == null || state.isEmpty() ? List.of() : List.of(new NetworkVector(state));
  }

  private record Trained(ComputationGraph network, long steps, Double metrics)
      implements TrainedReplica<Double> {
    @Override
    public FlatVector parameters() {
      return new NetworkVector(network.params());
    }

    @Override
    public List<FlatVector> optimizerState() {
      return updaterState(network);
    }

    @Override
    public void close() {
      network.close();
    }
  }
}
