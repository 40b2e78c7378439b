package io.polyspark.prep.events;

/** What is counted of each step while its tasks run, in an accumulator of its own. */
public enum StepCounter {
  /** Documents that came to a step. */
  DOCUMENTS_IN("documents in"),
  /** Documents that it let go on. */
  DOCUMENTS_OUT("documents out"),
  /** Bytes of UTF-8 that came to it. */
  BYTES_IN("bytes in"),
  /** Bytes of UTF-8 that it let go on. */
  BYTES_OUT("bytes out");

  private final String what;

  StepCounter(String what) {
    this.what = what;
  }

  /** The name of the accumulator of a step. */
  public String of(String step) {
    return step + " " + what;
  }
}
