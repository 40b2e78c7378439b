package io.polyspark.prep.deduplicate;

import io.polyspark.model.tokenize.Sha256;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * One row for each document, with all that the later stages know of it: they never see its text.
 * The stage is a single pass over the documents without a shuffle. A text's shingles take more room
 * than the text, so they are made apart, for those that are looked at closely.
 */
final class Fingerprints {
  /** Binary: the first 16 bytes of the SHA-256 of the normalised text, its identity. */
  static final String TEXT = "text";

  /** Where the document is from. */
  static final String SOURCE = "source";

  /** Where in its source it is. */
  static final String POSITION = "position";

  /** Where in the data set it is: number of the partition. */
  static final String PARTITION = "partition";

  /** Number of the document in its partition. */
  static final String ORDINAL = "ordinal";

  /** UTF-16 code units of the normalised text. */
  static final String LENGTH = "length";

  /** Array of the keys of its buckets; empty for a text without words. */
  static final String BANDS = "bands";

  /** Binary: the set of its shingles; null where nothing is verified. */
  static final String SHINGLES = "shingles";

  private static final int IDENTITY_BYTES = 16;

  private static final StructType SCHEMA =
      new StructType()
          .add(TEXT, DataTypes.BinaryType)
          .add(SOURCE, DataTypes.StringType)
          .add(POSITION, DataTypes.LongType)
          .add(PARTITION, DataTypes.IntegerType)
          .add(ORDINAL, DataTypes.LongType)
          .add(LENGTH, DataTypes.IntegerType)
          .add(BANDS, DataTypes.createArrayType(DataTypes.LongType, false));

  private static final StructType REMEMBERED =
      new StructType()
          .add(TEXT, DataTypes.BinaryType)
          .add(SOURCE, DataTypes.StringType)
          .add(POSITION, DataTypes.LongType)
          .add(LENGTH, DataTypes.IntegerType)
          .add(BANDS, DataTypes.createArrayType(DataTypes.LongType, false))
          .add(SHINGLES, DataTypes.BinaryType);

  private static final StructType CONTENTS =
      new StructType().add(TEXT, DataTypes.BinaryType).add(SHINGLES, DataTypes.BinaryType);

  private Fingerprints() {}

  /** The fingerprints of documents without shingles, computed when they are asked for. */
  static Dataset<Row> of(
      SparkSession session, JavaRDD<LocatedDocument> documents, FingerprintOptions how) {
    JavaRDD<Row> rows =
        documents.mapPartitionsWithIndex(
            (partition, inPartition) -> placed(partition, inPartition, new Fingerprinting(how)),
            true);
    return session.createDataFrame(rows, SCHEMA);
  }

  /**
   * What an index remembers of documents, computed when it is asked for.
   *
   * @param options say whether shingles are needed
   */
  static Dataset<Row> remembered(
      SparkSession session, JavaRDD<LocatedDocument> documents, DeduplicateOptions options) {
    boolean verified = options.verifyThreshold().isPresent();
    JavaRDD<Row> rows =
        rows(
            documents,
            options.fingerprints(),
            (document, text) ->
                RowFactory.create(
                    text.identity(),
                    document.source(),
                    document.position(),
                    text.length(),
                    text.bands(),
                    verified ? text.shingles() : null));
    return session.createDataFrame(rows, REMEMBERED);
  }

  /** The columns of {@link #remembered}. */
  static StructType rememberedSchema() {
    return REMEMBERED;
  }

  /** Identity and shingles of documents, computed when they are asked for. */
  static Dataset<Row> contents(
      SparkSession session, JavaRDD<LocatedDocument> documents, FingerprintOptions how) {
    JavaRDD<Row> rows =
        rows(
            documents,
            how,
            (document, text) -> RowFactory.create(text.identity(), text.shingles()));
    return session.createDataFrame(rows, CONTENTS);
  }

  /** The identity of a normalised text. */
  static byte[] identity(String normalized) {
    MessageDigest digest = Sha256.digest();
    return Arrays.copyOf(
        digest.digest(normalized.getBytes(StandardCharsets.UTF_8)), IDENTITY_BYTES);
  }

  /** What is made of a document and of its text's fingerprints, within a task. */
  @FunctionalInterface
  private interface Kept extends Serializable {
    Row row(LocatedDocument document, Fingerprinting text);
  }

  private static JavaRDD<Row> rows(
      JavaRDD<LocatedDocument> documents, FingerprintOptions how, Kept kept) {
    return documents.mapPartitions(
        inPartition -> {
          Fingerprinting text = new Fingerprinting(how);
          return map(
              inPartition,
              document -> {
                text.read(document.text());
                return kept.row(document, text);
              });
        });
  }

  private static Iterator<Row> placed(
      int partition, Iterator<LocatedDocument> documents, Fingerprinting text) {
    AtomicLong ordinal = new AtomicLong();
    return map(
        documents,
        document -> {
          text.read(document.text());
          return RowFactory.create(
              text.identity(),
              document.source(),
              document.position(),
              partition,
              ordinal.getAndIncrement(),
              text.length(),
              text.bands());
        });
  }

  private static Iterator<Row> map(
      Iterator<LocatedDocument> documents, Function<LocatedDocument, Row> row) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return documents.hasNext();
      }

      @Override
      public Row next() {
        return row.apply(documents.next());
      }
    };
  }

  /** The fingerprints of one text after the other. */
  private static final class Fingerprinting {
    private final FingerprintOptions how;
    private final TextNormalizer normalizer;
    private final MinHash minHash;
    private String normalized = "";
    private long[] runs = {};

    Fingerprinting(FingerprintOptions how) {
      this.how = how;
      this.normalizer = new TextNormalizer(how.letterCase());
      this.minHash = new MinHash(how.bands(), how.rows(), how.seed());
    }

    void read(String text) {
      normalized = normalizer.normalize(text);
      runs = Shingles.of(normalized, how.shingleWords());
    }

    byte[] identity() {
      return Fingerprints.identity(normalized);
    }

    int length() {
      return normalized.length();
    }

    Long[] bands() {
      long[] bands = runs.length == 0 ? runs : minHash.bandKeys(minHash.signature(runs));
      return Arrays.stream(bands).boxed().toArray(Long[]::new);
    }

    byte[] shingles() {
      return Shingles.set(runs);
    }
  }
}
