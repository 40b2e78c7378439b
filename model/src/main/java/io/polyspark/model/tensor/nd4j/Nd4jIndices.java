package io.polyspark.model.tensor.nd4j;

import io.polyspark.model.tensor.Indices;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Token ids in an ND4J array of int32, and on the heap for those who compute addresses. */
final class Nd4jIndices implements Indices {
  private final INDArray array;
  private final int[] ids;

  Nd4jIndices(int length) {
    this.array = Nd4j.create(DataType.INT32, length);
    this.ids = new int[length];
  }

  /** int32 [length]. */
  static INDArray array(Indices indices) {
    return ((Nd4jIndices) indices).array;
  }

  /** The same on the heap; not to be changed. */
  static int[] ids(Indices indices) {
    return ((Nd4jIndices) indices).ids;
  }

  void set(int[] from) {
    System.arraycopy(from, 0, ids, 0, ids.length);
    array.data().setData(ids);
  }

  @Override
  public int length() {
    return ids.length;
  }
}
