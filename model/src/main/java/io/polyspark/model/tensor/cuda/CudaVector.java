package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.FlatVector;
import java.util.Objects;
import org.bytedeco.cuda.global.cudart;

/**
 * A flat vector of float32 in a card's memory, with its matrices in the type that products read.
 */
final class CudaVector implements FlatVector, AutoCloseable {
  private final CudaSession session;
  private final long length;
  private final Extent extent;
  private final RoundedParameters rounded;
  private ReadAhead ahead;

  CudaVector(CudaSession session, long length) {
    this.session = session;
    this.length = length;
    this.rounded = new RoundedParameters(session);
    this.extent = new Extent(session, "a vector of the model's parameters or of AdamW");
    extent.plan(length * Float.BYTES);
  }

  @Override
  public long length() {
    return length;
  }

  /** Elements [offset, offset + rows * columns) as a matrix. */
  CudaTensor view(long offset, long rows, long columns) {
    Objects.checkFromIndexSize(offset, rows * columns, length);
    return new CudaTensor(new Part(this), offset * Float.BYTES, rows, columns, ElementType.F32);
  }

  /** The vector's memory, for a tensor that knows its vector. */
  record Part(CudaVector vector) implements DeviceMemory {
    @Override
    public long address() {
      return vector.extent.address();
    }
  }

  /** Its matrices in the type that products read. */
  RoundedParameters rounded() {
    return rounded;
  }

  @Override
  public void read(long offset, float[] into, int at, int count) {
    Objects.checkFromIndexSize(offset, count, length);
    Objects.checkFromIndexSize(at, count, into.length);
    if (count == 0) {
      return;
    }
    if (ahead == null) {
      ahead = new ReadAhead(session, extent, length);
    }
    ahead.read(offset, into, at, count);
  }

  @Override
  public void write(long offset, float[] from, int at, int count) {
    Objects.checkFromIndexSize(offset, count, length);
    Objects.checkFromIndexSize(at, count, from.length);
    if (count > 0) {
      session.writing();
      rounded.changed();
      session
          .staging()
          .upload(from, at, count, extent.address() + offset * Float.BYTES, ElementType.F32);
    }
  }

  @Override
  public void clear() {
    session.writing();
    rounded.changed();
    session.check(
        cudart.cuMemsetD8Async(extent.address(), (byte) 0, length * Float.BYTES, session.stream()),
        "cuMemsetD8Async");
  }

  @Override
  public void close() {
    rounded.close();
    if (ahead != null) {
      ahead.close();
    }
    extent.close();
  }
}
