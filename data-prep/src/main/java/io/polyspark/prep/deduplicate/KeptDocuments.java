package io.polyspark.prep.deduplicate;

import java.io.Serializable;
import java.util.Comparator;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.Tuple2;

/**
 * Documents without those that are dropped, in their order and partitions: the places of the
 * dropped travel to where the documents are read, no text does, and a task holds one of each at a
 * time.
 */
final class KeptDocuments {
  private KeptDocuments() {}

  /**
   * Reads the documents again and leaves out some.
   *
   * @param dropped number of the partition (int) and of the document in it (long)
   */
  static JavaRDD<LocatedDocument> of(JavaRDD<LocatedDocument> documents, Dataset<Row> dropped) {
    JavaRDD<Tuple2<Integer, Long>> places =
        dropped
            .toJavaRDD()
            .mapToPair(
                row -> new Tuple2<>(new Tuple2<>(row.getInt(0), row.getLong(1)), (Void) null))
            .repartitionAndSortWithinPartitions(
                new ByPartition(documents.getNumPartitions()), new PlaceOrder())
            .map(Tuple2::_1);
    return documents.zipPartitions(places, Remaining::new);
  }

  /** By number of the partition, then of the document. */
  private static final class PlaceOrder implements Comparator<Tuple2<Integer, Long>>, Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public int compare(Tuple2<Integer, Long> first, Tuple2<Integer, Long> second) {
      int partitions = first._1().compareTo(second._1());
      return partitions != 0 ? partitions : first._2().compareTo(second._2());
    }
  }

  /** To the partition of the same number. */
  private static final class ByPartition extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int partitions;

    ByPartition(int partitions) {
      this.partitions = partitions;
    }

    @Override
    public int numPartitions() {
      return partitions;
    }

    @Override
    public int getPartition(Object key) {
      return (Integer) ((Tuple2<?, ?>) key)._1();
    }
  }

  /** The documents of a partition but for those whose ascending numbers are given. */
  private static final class Remaining implements Iterator<LocatedDocument> {
    private final Iterator<LocatedDocument> documents;
    private final Iterator<Tuple2<Integer, Long>> dropped;
    private long ordinal;
    private long nextDropped;
    private LocatedDocument next;

    Remaining(Iterator<LocatedDocument> documents, Iterator<Tuple2<Integer, Long>> dropped) {
      this.documents = documents;
      this.dropped = dropped;
      this.nextDropped = nextDropped();
      advance();
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public LocatedDocument next() {
      if (next == null) {
        throw new NoSuchElementException();
      }
      LocatedDocument document = next;
      advance();
      return document;
    }

    private void advance() {
      next = null;
      while (next == null && documents.hasNext()) {
        LocatedDocument document = documents.next();
        if (ordinal++ == nextDropped) {
          nextDropped = nextDropped();
        } else {
          next = document;
        }
      }
    }

    private long nextDropped() {
      return dropped.hasNext() ? dropped.next()._2() : -1;
    }
  }
}
