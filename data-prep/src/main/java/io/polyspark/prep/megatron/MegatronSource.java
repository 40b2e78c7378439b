package io.polyspark.prep.megatron;

import io.polyspark.model.shards.megatron.DocumentRange;
import io.polyspark.model.shards.megatron.MegatronDocuments;
import io.polyspark.model.shards.megatron.MegatronFile;
import io.polyspark.prep.tokenize.IdReader;
import io.polyspark.prep.tokenize.IdSource;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The documents of data sets of Megatron's; a large one is divided by documents. */
final class MegatronSource implements IdSource {
  private static final long serialVersionUID = 1L;

  private record Part(String prefix, DocumentRange range) implements Serializable {}

  private final ArrayList<Part> parts = new ArrayList<>();

  /**
   * Reads the index of every data set and checks it.
   *
   * @param prefixes paths with their file systems, in order
   * @param partitionBytes about how many bytes a partition shall have, at least 1
   */
  MegatronSource(List<Path> prefixes, long partitionBytes, Configuration configuration)
      throws IOException {
    for (Path prefix : prefixes) {
      try (MegatronFile file = MegatronFile.open(prefix.getFileSystem(configuration), prefix)) {
        file.ranges(partitionBytes).forEach(range -> parts.add(new Part(prefix.toString(), range)));
      }
    }
  }

  /** How many there are; 0 without any document. */
  @Override
  public int partitions() {
    return parts.size();
  }

  @Override
  public IdReader open(int partition, int vocabularySize, Configuration configuration)
      throws IOException {
    Part part = parts.get(partition);
    Path prefix = new Path(part.prefix());
    MegatronFile file = MegatronFile.open(prefix.getFileSystem(configuration), prefix);
    try {
      return new PartReader(file, file.documents(part.range(), vocabularySize));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private record PartReader(MegatronFile file, MegatronDocuments documents) implements IdReader {
    @Override
    public int[] next() throws IOException {
      return documents.next();
    }

    @Override
    public void close() throws IOException {
      try (file) {
        documents.close();
      }
    }
  }
}
