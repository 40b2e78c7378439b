package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.util.Arrays;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The flat parameters or the updater state of a DL4J network, as a view: nothing is copied. */
final class NetworkVector implements FlatVector {
  private final INDArray flat;

  /**
   * @param array float32, one row or one dimension, as DL4J holds them; stays the network's
   */
  NetworkVector(INDArray array) {
    if (array.dataType() != DataType.FLOAT) {
      throw new UnsupportedOperationException(
          "Networks of data type "
              + array.dataType()
              + " cannot be averaged, because chunks are float32: give the network FLOAT.");
    }
    this.flat = array.reshape(array.length());
  }

  @Override
  public long length() {
    return flat.length();
  }

  @Override
  public void read(long offset, float[] into, int at, int count) {
    Objects.checkFromIndexSize(offset, (long) count, length());
    Objects.checkFromIndexSize(at, count, into.length);
    if (count > 0) {
      System.arraycopy(part(offset, count).toFloatVector(), 0, into, at, count);
    }
  }

  @Override
  public void write(long offset, float[] from, int at, int count) {
    Objects.checkFromIndexSize(offset, (long) count, length());
    Objects.checkFromIndexSize(at, count, from.length);
    if (count > 0) {
      float[] values = Arrays.copyOfRange(from, at, at + count);
      part(offset, count).assign(Nd4j.createFromArray(values));
    }
  }

  private INDArray part(long offset, int count) {
    return flat.get(NDArrayIndex.interval(offset, offset + count));
  }
}
