package io.polyspark.model.tensor.nd4j;

import io.polyspark.model.tensor.NativeVector;
import io.polyspark.model.tensor.Precision;
import java.util.Arrays;
import java.util.Objects;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A flat vector in an ND4J array of either precision, which somebody else owns. */
public final class Nd4jFlatVector implements NativeVector {
  private final INDArray flat;

  /**
   * @param array row-major, without gaps
   */
  public Nd4jFlatVector(INDArray array) {
    this.flat = array.reshape(array.length());
  }

  @Override
  public long length() {
    return flat.length();
  }

  @Override
  public long address() {
    return flat.data().addressPointer().address();
  }

  @Override
  public Precision precision() {
    return flat.dataType() == DataType.FLOAT ? Precision.FLOAT32 : Precision.FLOAT64;
  }

  /** Elements [offset, offset + count), over the same memory. */
  INDArray piece(long offset, long count) {
    return flat.get(NDArrayIndex.interval(offset, offset + count));
  }

  @Override
  public void read(long offset, float[] into, int at, int count) {
    Objects.checkFromIndexSize(offset, count, length());
    Objects.checkFromIndexSize(at, count, into.length);
    if (isFloatsOnTheHost()) {
      floats(offset).get(into, at, count);
    } else if (count > 0) {
      float[] values = piece(offset, count).dup().data().asFloat();
      System.arraycopy(values, 0, into, at, count);
    }
  }

  @Override
  public void write(long offset, float[] from, int at, int count) {
    Objects.checkFromIndexSize(offset, count, length());
    Objects.checkFromIndexSize(at, count, from.length);
    if (isFloatsOnTheHost()) {
      floats(offset).put(from, at, count);
    } else if (count > 0) {
      float[] values =
          at == 0 && count == from.length ? from : Arrays.copyOfRange(from, at, at + count);
      piece(offset, count).assign(Nd4j.createFromArray(values));
    }
  }

  @Override
  public void clear() {
    flat.assign(0);
  }

  /** Whether a copy of memory does, in place of ND4J's way through single elements. */
  private boolean isFloatsOnTheHost() {
    return flat.dataType() == DataType.FLOAT && Nd4j.getEnvironment().isCPU();
  }

  private FloatPointer floats(long offset) {
    return new FloatPointer(flat.data().addressPointer()).position(offset);
  }
}
