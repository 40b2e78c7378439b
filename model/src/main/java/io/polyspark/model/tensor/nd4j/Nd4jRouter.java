package io.polyspark.model.tensor.nd4j;

import io.polyspark.model.tensor.Router;
import io.polyspark.model.tensor.Routing;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** {@link Router} on ND4J's arrays. */
final class Nd4jRouter {
  private Nd4jRouter() {}

  static void forward(
      INDArray logits,
      Routing routing,
      INDArray probabilities,
      INDArray logSumExp,
      INDArray weights) {
    double[] values = read(logits);
    double[] logSums = new double[routing.rows()];
    double[] ofSlots = new double[routing.slots()];
    Router.forward(values, routing, logSums, ofSlots);
    write(values, probabilities);
    write(logSums, logSumExp);
    write(ofSlots, weights);
  }

  static void backward(
      INDArray probabilities,
      INDArray logSumExp,
      Routing routing,
      INDArray dWeights,
      double balanceFactor,
      double zFactor,
      INDArray dLogits) {
    double[] p = read(probabilities);
    double[] d = new double[p.length];
    Router.backward(p, read(logSumExp), routing, read(dWeights), balanceFactor, zFactor, d);
    write(d, dLogits);
  }

  private static double[] read(INDArray array) {
    try (INDArray copy = array.dup('c')) {
      return copy.data().asDouble();
    }
  }

  private static void write(double[] from, INDArray into) {
    try (INDArray copy = Nd4j.createFromArray(from)) {
      into.assign(copy.reshape('c', into.shape()));
    }
  }
}
