package io.polyspark.prep;

/** Is told what the preparation is about to do. Called on the driver. */
@FunctionalInterface
public interface PrepareListener {
  /** Says nothing. */
  PrepareListener NONE = description -> {};

  /**
   * A phase starts.
   *
   * @param description a few words for the user, {@code "tokenizing 12 files (3.1 GB)"}
   */
  void phase(String description);
}
