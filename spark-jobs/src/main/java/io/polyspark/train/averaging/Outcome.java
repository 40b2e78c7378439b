package io.polyspark.train.averaging;

import io.polyspark.model.config.UserError;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.spark.SparkEnv;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** What a replica's task came to. It travels beside the chunks, under a key of its own. */
sealed interface Outcome<M extends Serializable> extends Serializable {
  /**
   * The replica was trained and its vectors were sent.
   *
   * @param stateLengths the lengths of the optimizer state vectors that were sent
   * @param sentBytes the bytes of all chunks that were sent
   */
  record Trained<M extends Serializable>(
      ReplicaReport<M> report, List<Long> stateLengths, long sentBytes) implements Outcome<M> {}

  /**
   * The replica cannot go on, and would not by being run again; what was sent of its vectors is of
   * no use.
   *
   * @param cause a {@link DivergedException} or a {@link UserError}, for the driver to throw
   */
  record Ended<M extends Serializable>(RuntimeException cause) implements Outcome<M> {}

  /**
   * By Java serialization whatever the user's serializer is, with Spark's class loader. The bytes
   * live no longer than the round.
   */
  default byte[] toBytes() {
    ByteBuffer bytes = SparkEnv.get().closureSerializer().newInstance().serialize(this, tag());
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  /** The outcome that {@link #toBytes} made. */
  static <M extends Serializable> Outcome<M> fromBytes(byte[] bytes) {
    return SparkEnv.get()
        .closureSerializer()
        .newInstance()
        .deserialize(
            ByteBuffer.wrap(bytes),
            Thread.currentThread().getContextClassLoader(),
            Outcome.<M>tag());
  }

  private static <M extends Serializable> ClassTag<Outcome<M>> tag() {
    return ClassTag$.MODULE$.apply(Outcome.class);
  }
}
