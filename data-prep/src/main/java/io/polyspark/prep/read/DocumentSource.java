package io.polyspark.prep.read;

import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;

/**
 * Documents in a fixed order, divided into consecutive partitions. How many partitions there are
 * must not change the documents or their order: the corpus is the same on any cluster.
 */
public interface DocumentSource extends Serializable {
  /** Number of partitions, at least 1. */
  int partitions();

  /** Opens a partition, on an executor. */
  DocumentReader open(int partition, Configuration configuration) throws IOException;

  /** A few words about the size, for the user. */
  String describe();
}
