package io.polyspark.prep.read;

/** A file that gives one thing. */
final class SingleResult implements DocumentReader {
  private ReadResult result;

  SingleResult(ReadResult result) {
    this.result = result;
  }

  @Override
  public ReadResult next() {
    ReadResult next = result;
    result = null;
    return next;
  }

  @Override
  public void close() {}
}
