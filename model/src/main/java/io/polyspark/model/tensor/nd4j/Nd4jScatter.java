package io.polyspark.model.tensor.nd4j;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/** Adds to places of an array that a list of indices names, in the order of the list. */
final class Nd4jScatter {
  private Nd4jScatter() {}

  /** {@code into[indices[i]] += updates[i]}; indices may repeat. */
  static void add(INDArray into, INDArray indices, INDArray updates) {
    Nd4j.exec(
        DynamicCustomOp.builder("scatter_add")
            .addInputs(into, indices, updates)
            .addOutputs(into)
            // Locked: rows that repeat are added one after the other, hence always in the same
            // order.
            .addBooleanArguments(true)
            .build());
  }
}
