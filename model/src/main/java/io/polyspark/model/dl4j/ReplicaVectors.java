package io.polyspark.model.dl4j;

import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.KernelsSource;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.nd4j.Nd4jFlatVector;
import io.polyspark.model.tensor.nd4j.Nd4jKernels;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The flat vectors of a replica, all of one length: on a device the kernels' own, else those of the
 * network and arrays beside it.
 *
 * @param gradients null for a replica that is only read, as the moments
 * @param owned arrays that nobody else frees
 */
record ReplicaVectors(
    FlatVector parameters,
    FlatVector gradients,
    FlatVector firstMoment,
    FlatVector secondMoment,
    List<INDArray> owned)
    implements AutoCloseable {
  static ReplicaVectors toRead(ComputationGraph network, KernelsSource source) {
    return new ReplicaVectors(parameters(network, source), null, null, null, List.of());
  }

  static ReplicaVectors toTrain(
      ComputationGraph network, KernelsSource source, Precision precision) {
    List<INDArray> owned = new ArrayList<>();
    long length = network.params().length();
    return new ReplicaVectors(
        parameters(network, source),
        source.vector(length).orElseGet(() -> gradients(network)),
        source.vector(length).orElseGet(() -> array(precision, length, owned)),
        source.vector(length).orElseGet(() -> array(precision, length, owned)),
        owned);
  }

  private static FlatVector parameters(ComputationGraph network, KernelsSource source) {
    return source
        .vector(network.params().length())
        .orElseGet(() -> new Nd4jFlatVector(network.params()));
  }

  private static FlatVector gradients(ComputationGraph network) {
    network.initGradientsView();
    return new Nd4jFlatVector(network.getFlattenedGradients());
  }

  private static FlatVector array(Precision precision, long length, List<INDArray> owned) {
    INDArray array = Nd4j.create(Nd4jKernels.dataType(precision), 1, length);
    owned.add(array);
    return new Nd4jFlatVector(array);
  }

  @Override
  public void close() {
    owned.forEach(INDArray::close);
  }
}
