package io.polyspark.train.averaging;

import java.util.Comparator;
import org.apache.spark.ContextCleaner;
import org.apache.spark.ShuffleDependency;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.ShuffledRDD;
import scala.Option;
import scala.Tuple2;
import scala.math.Ordering;
import scala.math.Ordering$;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** The shuffle of a round's pieces, sorted by {@link PieceKey}, on the driver. */
final class PieceShuffle implements AutoCloseable {
  private final JavaSparkContext spark;
  private final ShuffledRDD<PieceKey, byte[], byte[]> shuffled;

  /**
   * Describes it; Spark runs what makes the pieces when partitions are asked for.
   *
   * @param sent the replicas' pieces, a partition each
   * @param reducers partitions with chunks
   */
  PieceShuffle(JavaSparkContext spark, JavaRDD<Tuple2<PieceKey, byte[]>> sent, int reducers) {
    Ordering<PieceKey> order =
        Ordering$.MODULE$.comparatorToOrdering(Comparator.<PieceKey>naturalOrder());
    this.spark = spark;
    this.shuffled =
        new ShuffledRDD<PieceKey, byte[], byte[]>(
                sent.rdd(),
                new PiecePartitioner(reducers),
                tag(PieceKey.class),
                tag(byte[].class),
                tag(byte[].class))
            .setKeyOrdering(order)
            .setSerializer(new PieceSerializer());
  }

  /** The pieces as {@link PiecePartitioner} has them. */
  JavaPairRDD<PieceKey, byte[]> pieces() {
    return new JavaPairRDD<>(shuffled, tag(PieceKey.class), tag(byte[].class));
  }

  /**
   * Deletes the shuffle's files now. Spark by itself would only do so when the driver's garbage
   * collector finds the RDD, and W copies of the model lie on the executors' disks.
   */
  @Override
  public void close() {
    ShuffleDependency<?, ?, ?> dependency =
        (ShuffleDependency<?, ?, ?>) shuffled.dependencies().head();
    Option<ContextCleaner> cleaner = spark.sc().cleaner();
    if (cleaner.isDefined()) {
      cleaner.get().doCleanupShuffle(dependency.shuffleId(), false);
    }
  }

  private static <T> ClassTag<T> tag(Class<T> type) {
    return ClassTag$.MODULE$.apply(type);
  }
}
