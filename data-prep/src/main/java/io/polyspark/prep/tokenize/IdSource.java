package io.polyspark.prep.tokenize;

import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;

/**
 * Documents that are ids already, in a fixed order, divided into consecutive partitions. How many
 * there are must not change the documents or their order.
 */
public interface IdSource extends Serializable {
  /** Number of partitions, at least 1. */
  int partitions();

  /**
   * Opens a partition, on an executor.
   *
   * @param vocabularySize V; an id that is not below it is a user's mistake
   */
  IdReader open(int partition, int vocabularySize, Configuration configuration) throws IOException;
}
