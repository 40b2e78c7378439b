package io.polyspark.prep.synthetic;

import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.DocumentSource;
import io.polyspark.prep.read.Place;
import io.polyspark.prep.read.ReadResult;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;

/**
 * Generated documents. Document n is a function of (seed, n), so any task can make any of them; how
 * many there are follows from the size alone, so that the last one is no special case.
 */
public final class SyntheticSource implements DocumentSource {
  private static final long serialVersionUID = 1L;

  /** Mean size of a document in bytes, over a hundred thousand of them. */
  private static final long MEAN_BYTES = 1_314;

  private final long seed;
  private final long documents;
  private final int partitions;

  /**
   * Plans a corpus.
   *
   * @param bytes its size, to a few percent
   * @param seed any number
   * @param partitionBytes about how many bytes a partition shall have, at least 1
   */
  public SyntheticSource(long bytes, long seed, long partitionBytes) {
    this.seed = seed;
    this.documents = Math.max(1, Math.round((double) bytes / MEAN_BYTES));
    this.partitions = Math.toIntExact(Math.min(documents, (bytes - 1) / partitionBytes + 1));
  }

  /** The document of a number, at least 0. */
  public static Document document(long seed, long number) {
    RandomChooser chooser = new RandomChooser(seed, number);
    Prose prose = new Prose();
    Story.tell(Lexicon.english(), chooser, prose);
    String text = prose.text();
    Place place = new Place("synthetic:" + seed, number);
    return new Document(text, text.getBytes(StandardCharsets.UTF_8), chooser.bits(), place);
  }

  @Override
  public int partitions() {
    return partitions;
  }

  @Override
  public DocumentReader open(int partition, Configuration configuration) {
    return new Reader(first(partition), first(partition + 1));
  }

  @Override
  public String describe() {
    return String.format("%,d generated documents", documents);
  }

  /** Number of the first document of a partition. */
  private long first(long partition) {
    return documents / partitions * partition + Math.min(partition, documents % partitions);
  }

  private final class Reader implements DocumentReader {
    private final long end;
    private long next;

    Reader(long start, long end) {
      this.next = start;
      this.end = end;
    }

    @Override
    public ReadResult next() {
      return next < end ? document(seed, next++) : null;
    }

    @Override
    public void close() {}
  }
}
