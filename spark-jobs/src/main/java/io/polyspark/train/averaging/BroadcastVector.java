package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * A vector that executors can fetch, one broadcast per chunk: no single value is larger than a
 * chunk, and who needs one chunk fetches one chunk. An executor fetches each at most once, whatever
 * the number of its tasks. Chunks travel as {@link Float32} has them.
 */
public final class BroadcastVector implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ChunkPlan plan;
  private final ArrayList<Broadcast<byte[]>> chunks;

  private BroadcastVector(ChunkPlan plan) {
    this.plan = plan;
    this.chunks = new ArrayList<>(plan.chunks());
  }

  /** Called on the driver, which keeps a serialized copy in its block manager until destroyed. */
  public static BroadcastVector of(JavaSparkContext spark, ChunkedVector vector) {
    BroadcastVector broadcast = new BroadcastVector(vector.plan());
    try {
      for (int chunk = 0; chunk < vector.plan().chunks(); chunk++) {
        broadcast.chunks.add(spark.broadcast(vector.chunk(chunk)));
      }
      return broadcast;
    } catch (RuntimeException e) {
      broadcast.destroy();
      throw e;
    }
  }

  ChunkPlan plan() {
    return plan;
  }

  /** A copy of the chunk, on an executor; the caller owns it. */
  float[] chunk(int chunk) {
    return Float32.decode(chunks.get(chunk).value());
  }

  /** Copies the whole vector, on an executor. */
  public void copyTo(FlatVector into) {
    requireLength(plan.length(), into);
    for (int chunk = 0; chunk < plan.chunks(); chunk++) {
      into.write(plan.offset(chunk), chunk(chunk), 0, plan.size(chunk));
    }
  }

  /** Called on the driver: frees the chunks there and on the executors, without waiting for it. */
  public void destroy() {
    chunks.forEach(Broadcast::destroy);
  }

  static void requireLength(long length, FlatVector into) {
    if (into.length() != length) {
      throw new IllegalArgumentException(
          "The round's vector has " + length + " elements, the replica's " + into.length());
    }
  }

  /** All broadcasts of a round; closing destroys them. */
  static final class Pool implements AutoCloseable {
    private final JavaSparkContext spark;
    private final List<BroadcastVector> vectors = new ArrayList<>();

    Pool(JavaSparkContext spark) {
      this.spark = spark;
    }

    BroadcastVector add(ChunkedVector vector) {
      BroadcastVector broadcast = BroadcastVector.of(spark, vector);
      vectors.add(broadcast);
      return broadcast;
    }

    List<BroadcastVector> addAll(List<ChunkedVector> all) {
      return all.stream().map(this::add).toList();
    }

    /** What all of them have been cut into, before Spark compresses it. */
    long bytes() {
      return vectors.stream().mapToLong(vector -> vector.plan.length() * Float.BYTES).sum();
    }

    @Override
    public void close() {
      vectors.forEach(BroadcastVector::destroy);
    }
  }
}
