package io.polyspark.prep.pipeline;

import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.DocumentSource;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import org.apache.hadoop.conf.Configuration;

/** Several sources one after the other, each with its name, in one sequence of partitions. */
final class NamedSources implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ArrayList<String> names = new ArrayList<>();
  private final ArrayList<DocumentSource> sources = new ArrayList<>();

  /** Puts a source behind those that are there. */
  void add(String name, DocumentSource source) {
    names.add(name);
    sources.add(source);
  }

  int partitions() {
    return sources.stream().mapToInt(DocumentSource::partitions).sum();
  }

  /** The name of the source that a partition belongs to. */
  String name(int partition) {
    return names.get(index(partition));
  }

  /** Opens a partition; closed by the caller. */
  DocumentReader open(int partition, Configuration configuration) throws IOException {
    int index = index(partition);
    int before = sources.subList(0, index).stream().mapToInt(DocumentSource::partitions).sum();
    return sources.get(index).open(partition - before, configuration);
  }

  private int index(int partition) {
    int index = 0;
    for (int left = partition; left >= sources.get(index).partitions(); index++) {
      left -= sources.get(index).partitions();
    }
    return index;
  }
}
