package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.Router;
import io.polyspark.model.tensor.Routing;

/** {@link Router} on tensors, with arrays that are kept from call to call. */
final class VectorRouter {
  private double[] ofExperts = {};
  private double[] dOfExperts = {};
  private double[] ofRows = {};
  private double[] ofSlots = {};

  void forward(
      VectorTensor logits,
      Routing routing,
      VectorTensor probabilities,
      VectorTensor logSumExp,
      VectorTensor weights) {
    prepare(routing);
    read(logits, ofExperts);
    Router.forward(ofExperts, routing, ofRows, ofSlots);
    write(ofExperts, probabilities);
    write(ofRows, logSumExp);
    write(ofSlots, weights);
  }

  void backward(
      VectorTensor probabilities,
      VectorTensor logSumExp,
      Routing routing,
      VectorTensor dWeights,
      double balanceFactor,
      double zFactor,
      VectorTensor dLogits) {
    prepare(routing);
    read(probabilities, ofExperts);
    read(logSumExp, ofRows);
    read(dWeights, ofSlots);
    Router.backward(ofExperts, ofRows, routing, ofSlots, balanceFactor, zFactor, dOfExperts);
    write(dOfExperts, dLogits);
  }

  private void prepare(Routing routing) {
    int length = routing.rows() * routing.experts();
    if (ofExperts.length != length || ofSlots.length != routing.slots()) {
      ofExperts = new double[length];
      dOfExperts = new double[length];
      ofRows = new double[routing.rows()];
      ofSlots = new double[routing.slots()];
    }
  }

  private static void read(VectorTensor from, double[] into) {
    for (int i = 0; i < into.length; i++) {
      into[i] = from.get(i);
    }
  }

  private static void write(double[] from, VectorTensor into) {
    for (int i = 0; i < from.length; i++) {
      into.set(i, (float) from[i]);
    }
  }
}
