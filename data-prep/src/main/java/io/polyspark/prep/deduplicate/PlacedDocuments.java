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
 * Some of the documents, in their order and partitions: the places of the others, or theirs, travel
 * to where the documents are read, no text does, and a task holds one of each at a time.
 */
final class PlacedDocuments {
  private PlacedDocuments() {}

  /**
   * Reads the documents again and leaves out some.
   *
   * @param places number of the partition (int) and of the document in it (long), each once
   */
  static JavaRDD<LocatedDocument> without(JavaRDD<LocatedDocument> documents, Dataset<Row> places) {
    return documents.zipPartitions(
        inOrder(places, documents),
        (inPartition, placed) -> new Chosen(inPartition, placed, Chosen.Wanted.OTHERS));
  }

  /**
   * Reads the documents again and gives some.
   *
   * @param places as those of {@link #without}
   */
  static JavaRDD<LocatedDocument> at(JavaRDD<LocatedDocument> documents, Dataset<Row> places) {
    return documents.zipPartitions(
        inOrder(places, documents),
        (inPartition, placed) -> new Chosen(inPartition, placed, Chosen.Wanted.PLACED));
  }

  private static JavaRDD<Tuple2<Integer, Long>> inOrder(
      Dataset<Row> places, JavaRDD<LocatedDocument> documents) {
    return places
        .toJavaRDD()
        .mapToPair(row -> new Tuple2<>(new Tuple2<>(row.getInt(0), row.getLong(1)), (Void) null))
        .repartitionAndSortWithinPartitions(
            new ByPartition(documents.getNumPartitions()), new PlaceOrder())
        .map(Tuple2::_1);
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

  /** The documents of a partition whose ascending numbers are given, or the others. */
  private static final class Chosen implements Iterator<LocatedDocument> {
    private enum Wanted {
      PLACED,
      OTHERS
    }

    private final Iterator<LocatedDocument> documents;
    private final Iterator<Tuple2<Integer, Long>> places;
    private final Wanted wanted;
    private long ordinal;
    private long nextPlace;
    private LocatedDocument next;

    Chosen(
        Iterator<LocatedDocument> documents,
        Iterator<Tuple2<Integer, Long>> places,
        Wanted wanted) {
      this.documents = documents;
      this.places = places;
      this.wanted = wanted;
      this.nextPlace = nextPlace();
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
        boolean placed = ordinal++ == nextPlace;
        if (placed) {
          nextPlace = nextPlace();
        }
        if (placed == (wanted == Wanted.PLACED)) {
          next = document;
        }
      }
    }

    private long nextPlace() {
      return places.hasNext() ? places.next()._2() : -1;
    }
  }
}
