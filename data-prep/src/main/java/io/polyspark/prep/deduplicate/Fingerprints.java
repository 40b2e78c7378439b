package io.polyspark.prep.deduplicate;

import io.polyspark.model.tokenize.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * One row for each document, with all that the later stages know of it: they never see its text.
 * The stage is a single pass over the documents without a shuffle.
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
          .add(BANDS, DataTypes.createArrayType(DataTypes.LongType, false))
          .add(SHINGLES, DataTypes.BinaryType);

  private Fingerprints() {}

  /** The fingerprints of documents, computed when they are asked for. */
  static Dataset<Row> of(
      SparkSession session, JavaRDD<LocatedDocument> documents, DeduplicateOptions options) {
    FingerprintOptions how = options.fingerprints();
    boolean verified = options.verifyThreshold().isPresent();
    JavaRDD<Row> rows =
        documents.mapPartitionsWithIndex(
            (partition, inPartition) -> new Rows(partition, inPartition, how, verified), true);
    return session.createDataFrame(rows, SCHEMA);
  }

  /** The identity of a normalised text. */
  static byte[] identity(String normalized) {
    MessageDigest digest = Sha256.digest();
    return Arrays.copyOf(
        digest.digest(normalized.getBytes(StandardCharsets.UTF_8)), IDENTITY_BYTES);
  }

  /** The rows of one partition. */
  private static final class Rows implements Iterator<Row> {
    private final int partition;
    private final Iterator<LocatedDocument> documents;
    private final FingerprintOptions how;
    private final boolean verified;
    private final TextNormalizer normalizer;
    private final MinHash minHash;
    private long ordinal;

    Rows(
        int partition,
        Iterator<LocatedDocument> documents,
        FingerprintOptions how,
        boolean verified) {
      this.partition = partition;
      this.documents = documents;
      this.how = how;
      this.verified = verified;
      this.normalizer = new TextNormalizer(how.letterCase());
      this.minHash = new MinHash(how.bands(), how.rows(), how.seed());
    }

    @Override
    public boolean hasNext() {
      return documents.hasNext();
    }

    @Override
    public Row next() {
      LocatedDocument document = documents.next();
      String normalized = normalizer.normalize(document.text());
      long[] shingles = Shingles.of(normalized, how.shingleWords());
      long[] bands =
          shingles.length == 0 ? shingles : minHash.bandKeys(minHash.signature(shingles));
      return RowFactory.create(
          identity(normalized),
          document.source(),
          document.position(),
          partition,
          ordinal++,
          normalized.length(),
          Arrays.stream(bands).boxed().toArray(Long[]::new),
          verified ? Shingles.set(shingles) : null);
    }
  }
}
