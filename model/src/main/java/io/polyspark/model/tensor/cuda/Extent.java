package io.polyspark.model.tensor.cuda;

/**
 * A stretch of a card's memory that is planned first and taken as one when something in it is first
 * asked for. Taken memory is zero.
 */
final class Extent implements DeviceMemory, AutoCloseable {
  /** What CUDA aligns to, and the widest access of a kernel or a library. */
  private static final long ALIGNMENT = 256;

  private final CudaSession session;
  private final String purpose;
  private long bytes;
  private long address;

  /**
   * @param purpose for the sentence that says what did not fit
   */
  Extent(CudaSession session, String purpose) {
    this.session = session;
    this.purpose = purpose;
  }

  /** Plans so many bytes more and says where they will begin. */
  long plan(long size) {
    if (isTaken()) {
      throw new IllegalStateException("The memory of " + purpose + " is taken already");
    }
    long offset = bytes;
    bytes += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return offset;
  }

  boolean isTaken() {
    return address != 0;
  }

  /** What is planned, or taken. */
  long bytes() {
    return bytes;
  }

  @Override
  public long address() {
    if (!isTaken()) {
      address = session.take(bytes, purpose);
    }
    return address;
  }

  @Override
  public void close() {
    if (isTaken()) {
      session.giveBack(address);
      address = 0;
    }
  }
}
