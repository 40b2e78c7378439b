package io.polyspark.model.tensor.nd4j;

import io.polyspark.model.tensor.Indices;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Token ids in an ND4J array of int32. */
record Nd4jIndices(INDArray array) implements Indices {
  static INDArray array(Indices indices) {
    return ((Nd4jIndices) indices).array;
  }

  @Override
  public int length() {
    return Math.toIntExact(array.length());
  }
}
