package io.polyspark.prep.tokenize;

import java.io.Serializable;
import java.nio.ByteBuffer;
import org.apache.spark.SparkEnv;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * A value on its way between driver and executors as Java serialization writes it: the serializer
 * that a cluster is set to may be Kryo, which cannot set the fields of records. It lives no longer
 * than the job.
 *
 * @param <T> what is packed
 */
public final class Packed<T extends Serializable> implements Serializable {
  private static final long serialVersionUID = 1L;

  private final byte[] bytes;

  private Packed(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Packs a value, on the driver or an executor. */
  public static <T extends Serializable> Packed<T> of(T value) {
    ByteBuffer buffer =
        SparkEnv.get().closureSerializer().newInstance().serialize(value, Packed.<T>tag());
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return new Packed<>(bytes);
  }

  /** The value, made anew at every call. */
  public T value() {
    return SparkEnv.get()
        .closureSerializer()
        .newInstance()
        .deserialize(
            ByteBuffer.wrap(bytes),
            Thread.currentThread().getContextClassLoader(),
            Packed.<T>tag());
  }

  private static <T> ClassTag<T> tag() {
    return ClassTag$.MODULE$.apply(Serializable.class);
  }
}
