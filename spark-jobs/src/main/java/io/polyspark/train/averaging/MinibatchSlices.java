package io.polyspark.train.averaging;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.PartitionPruningRDD;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import scala.Function1;
import scala.Tuple2;
import scala.reflect.ClassTag;

/**
 * Deals an RDD of minibatches out to rounds and replicas: minibatch number i (in the order of the
 * RDD) is step h of replica w in a round where i = (round * H + h) * W + w. The order is that of
 * the RDD, so it is the same in every run. The RDD is computed twice, to count and to deal; the
 * rounds then read what the shuffle wrote, each its own part.
 */
final class MinibatchSlices {
  private final JavaRDD<MultiDataSet> dealt;
  private final int rounds;
  private final int replicas;

  private MinibatchSlices(JavaRDD<MultiDataSet> dealt, int rounds, int replicas) {
    this.dealt = dealt;
    this.rounds = rounds;
    this.replicas = replicas;
  }

  /**
   * @param frequency H, the most minibatches of a replica in a round; 0 for all in one round
   */
  static MinibatchSlices of(JavaRDD<MultiDataSet> minibatches, int replicas, int frequency) {
    List<Long> sizes = minibatches.mapPartitions(MinibatchSlices::count).collect();
    List<Long> offsets = new ArrayList<>();
    long total = 0;
    for (long size : sizes) {
      offsets.add(total);
      total += size;
    }
    long perRound = frequency == 0 ? Math.max(1, total) : (long) replicas * frequency;
    int rounds = Math.toIntExact((total + perRound - 1) / perRound);
    Partitioner dealer = new Dealer(rounds, replicas, perRound);
    JavaPairRDD<Long, MultiDataSet> numbered =
        minibatches
            .mapPartitionsWithIndex((p, batches) -> number(offsets.get(p), batches), false)
            .mapToPair(pair -> pair);
    Comparator<Long> order = (Comparator<Long> & Serializable) Long::compare;
    return new MinibatchSlices(
        numbered.repartitionAndSortWithinPartitions(dealer, order).values(), rounds, replicas);
  }

  /** The number of rounds that the minibatches last; 0 if there are none. */
  int rounds() {
    return rounds;
  }

  /** The slices of a round, from 0: one partition per replica. */
  JavaRDD<MultiDataSet> round(int round) {
    int first = round * replicas;
    int end = first + replicas;
    Function1<Object, Object> mine =
        (Function1<Object, Object> & Serializable)
            partition -> first <= (Integer) partition && (Integer) partition < end;
    ClassTag<MultiDataSet> tag = dealt.classTag();
    return new JavaRDD<>(PartitionPruningRDD.create(dealt.rdd(), mine), tag);
  }

  private static Iterator<Long> count(Iterator<MultiDataSet> minibatches) {
    long size = 0;
    while (minibatches.hasNext()) {
      minibatches.next();
      size++;
    }
    return List.of(size).iterator();
  }

  private static Iterator<Tuple2<Long, MultiDataSet>> number(
      long offset, Iterator<MultiDataSet> minibatches) {
    return new Iterator<>() {
      private long number = offset;

      @Override
      public boolean hasNext() {
        return minibatches.hasNext();
      }

      @Override
      public Tuple2<Long, MultiDataSet> next() {
        return new Tuple2<>(number++, minibatches.next());
      }
    };
  }

  /** One partition per round and replica. */
  private static final class Dealer extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int rounds;
    private final int replicas;
    private final long perRound;

    Dealer(int rounds, int replicas, long perRound) {
      this.rounds = rounds;
      this.replicas = replicas;
      this.perRound = perRound;
    }

    @Override
    public int numPartitions() {
      return Math.multiplyExact(rounds, replicas);
    }

    @Override
    public int getPartition(Object number) {
      long minibatch = (Long) number;
      long round = minibatch / perRound;
      return (int) (round * replicas + minibatch % perRound % replicas);
    }
  }
}
