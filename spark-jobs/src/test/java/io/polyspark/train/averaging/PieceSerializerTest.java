package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializationStream;
import org.apache.spark.serializer.SerializerInstance;
import org.junit.jupiter.api.Test;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

class PieceSerializerTest {
  private static final ClassTag<Object> ANY = ClassTag$.MODULE$.apply(Object.class);

  @Test
  void piecesComeBackAsTheyWere() {
    PieceKey chunk = new PieceKey(PieceKey.Kind.OPTIMIZER_STATE, 1, 1 << 20, 7);
    PieceKey report = new PieceKey(PieceKey.Kind.REPORT, 0, 0, 3);

    Iterator<Tuple2<Object, Object>> pieces =
        pieces(bytes(chunk, new byte[] {1, 2, 3}, report, new byte[0]));

    Tuple2<Object, Object> first = pieces.next();
    assertThat(first._1()).isEqualTo(chunk);
    assertThat((byte[]) first._2()).containsExactly(1, 2, 3);
    Tuple2<Object, Object> second = pieces.next();
    assertThat(second._1()).isEqualTo(report);
    assertThat((byte[]) second._2()).isEmpty();
    assertThat(pieces.hasNext()).isFalse();
  }

  @Test
  void aPieceThatIsCutOffIsNotTakenForTheEnd() {
    byte[] whole = bytes(new PieceKey(PieceKey.Kind.PARAMETERS, 0, 0, 0), new byte[100]);

    for (int length : new int[] {1, 5, 13, 16, 17, whole.length - 1}) {
      Iterator<Tuple2<Object, Object>> pieces = pieces(Arrays.copyOf(whole, length));
      assertThatThrownBy(pieces::next)
          .isInstanceOf(IOException.class)
          .hasMessage("A piece in the shuffle is not whole");
    }
  }

  @Test
  void whatGoesThroughTheUsersSerializerAlsoGoesThroughKryo() {
    SerializerInstance kryo = new KryoSerializer(new SparkConf(false)).newInstance();
    AveragedChunk chunk = new AveragedChunk(PieceKey.Kind.OUTER_STATE, 2, 5, new byte[] {1, -5});

    AveragedChunk copy = (AveragedChunk) kryo.deserialize(kryo.serialize(chunk, ANY), ANY);

    assertThat(copy.kind()).isEqualTo(PieceKey.Kind.OUTER_STATE);
    assertThat(copy.vector()).isEqualTo(2);
    assertThat(copy.chunk()).isEqualTo(5);
    assertThat(copy.values()).containsExactly(1, -5);
  }

  private static byte[] bytes(Object... keysAndValues) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SerializationStream stream = new PieceSerializer().newInstance().serializeStream(out);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      stream.writeKey(keysAndValues[i], ANY);
      stream.writeValue(keysAndValues[i + 1], ANY);
    }
    stream.close();
    return out.toByteArray();
  }

  private static Iterator<Tuple2<Object, Object>> pieces(byte[] bytes) {
    return new PieceSerializer()
        .newInstance()
        .deserializeStream(new ByteArrayInputStream(bytes))
        .asKeyValueIterator();
  }
}
