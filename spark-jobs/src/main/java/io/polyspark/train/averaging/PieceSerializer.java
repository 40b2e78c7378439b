package io.polyspark.train.averaging;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import org.apache.spark.serializer.DeserializationStream;
import org.apache.spark.serializer.SerializationStream;
import org.apache.spark.serializer.Serializer;
import org.apache.spark.serializer.SerializerInstance;
import scala.reflect.ClassTag;

/**
 * Writes pieces to the shuffle as they are: kind, vector, chunk, replica, length, bytes.
 *
 * <p>Java serialization would do, but its streams keep a reference to each of the last hundred
 * objects, on both sides: hundreds of MiB per open stream when the objects are chunks. With this
 * one, a stream holds one piece, and it makes no difference which serializer the user has chosen.
 */
final class PieceSerializer extends Serializer implements Serializable {
  private static final long serialVersionUID = 1L;

  @Override
  public SerializerInstance newInstance() {
    return new Instance();
  }

  /** A record's bytes mean the same wherever in a stream they are, so Spark may move them. */
  @Override
  public boolean supportsRelocationOfSerializedObjects() {
    return true;
  }

  private static final class Instance extends SerializerInstance {
    @Override
    public SerializationStream serializeStream(OutputStream out) {
      return new Writer(new DataOutputStream(out));
    }

    @Override
    public DeserializationStream deserializeStream(InputStream in) {
      return new Reader(new DataInputStream(in));
    }

    @Override
    public <T> ByteBuffer serialize(T object, ClassTag<T> tag) {
      throw streamsOnly();
    }

    @Override
    public <T> T deserialize(ByteBuffer bytes, ClassTag<T> tag) {
      throw streamsOnly();
    }

    @Override
    public <T> T deserialize(ByteBuffer bytes, ClassLoader loader, ClassTag<T> tag) {
      throw streamsOnly();
    }
  }

  private static final class Writer extends SerializationStream {
    private final DataOutputStream out;

    Writer(DataOutputStream out) {
      this.out = out;
    }

    @Override
    public <T> SerializationStream writeKey(T key, ClassTag<T> tag) {
      PieceKey piece = (PieceKey) key;
      try {
        out.writeByte(piece.kind().code());
        out.writeInt(piece.vector());
        out.writeInt(piece.chunk());
        out.writeInt(piece.replica());
        return this;
      } catch (IOException e) {
        throw PieceSerializer.<RuntimeException>asItIs(e);
      }
    }

    @Override
    public <T> SerializationStream writeValue(T value, ClassTag<T> tag) {
      byte[] bytes = (byte[]) value;
      try {
        out.writeInt(bytes.length);
        out.write(bytes);
        return this;
      } catch (IOException e) {
        throw PieceSerializer.<RuntimeException>asItIs(e);
      }
    }

    @Override
    public <T> SerializationStream writeObject(T object, ClassTag<T> tag) {
      throw streamsOnly();
    }

    @Override
    public void flush() {
      try {
        out.flush();
      } catch (IOException e) {
        throw PieceSerializer.<RuntimeException>asItIs(e);
      }
    }

    @Override
    public void close() {
      try {
        out.close();
      } catch (IOException e) {
        throw PieceSerializer.<RuntimeException>asItIs(e);
      }
    }
  }

  private static final class Reader extends DeserializationStream {
    private final DataInputStream in;

    Reader(DataInputStream in) {
      this.in = in;
    }

    @Override
    @SuppressWarnings("unchecked") // Spark's signature: the type is whatever was written as a key
    public <T> T readKey(ClassTag<T> tag) {
      PieceKey.Kind kind = readKind();
      try {
        return (T) new PieceKey(kind, in.readInt(), in.readInt(), in.readInt());
      } catch (IOException e) {
        throw truncated(e);
      }
    }

    @Override
    @SuppressWarnings("unchecked") // Spark's signature: the type is whatever was written as a value
    public <T> T readValue(ClassTag<T> tag) {
      try {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return (T) bytes;
      } catch (IOException e) {
        throw truncated(e);
      }
    }

    @Override
    public <T> T readObject(ClassTag<T> tag) {
      throw streamsOnly();
    }

    @Override
    public void close() {
      try {
        in.close();
      } catch (IOException e) {
        throw PieceSerializer.<RuntimeException>asItIs(e);
      }
    }

    /** Here the stream may end: Spark takes an EOFException for that. */
    private PieceKey.Kind readKind() {
      try {
        return PieceKey.Kind.of(in.readByte());
      } catch (IOException e) {
        throw PieceSerializer.<RuntimeException>asItIs(e);
      }
    }

    /** Inside a record an end is damage, which Spark must not take for the end of the stream. */
    private static RuntimeException truncated(IOException e) {
      return PieceSerializer.<RuntimeException>asItIs(
          new IOException("A piece in the shuffle is not whole", e));
    }
  }

  /** Throws {@code e} past signatures that come from Scala, which has no checked exceptions. */
  @SuppressWarnings("unchecked") // erased: nothing is cast
  private static <E extends Throwable> RuntimeException asItIs(IOException e) throws E {
    throw (E) e;
  }

  private static UnsupportedOperationException streamsOnly() {
    return new UnsupportedOperationException("Only streams of pieces, for shuffles");
  }
}
