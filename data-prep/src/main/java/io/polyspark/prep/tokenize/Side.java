package io.polyspark.prep.tokenize;

import io.polyspark.model.shards.TokenShards;

/** The two splits of a corpus. */
public enum Side {
  /** What models learn from. */
  TRAIN(TokenShards.TRAIN),
  /** What models are judged by. */
  VALIDATION(TokenShards.VALIDATION);

  private final String directory;

  Side(String directory) {
    this.directory = directory;
  }

  /** The name of the split in the manifest and on disk. */
  public String directory() {
    return directory;
  }
}
