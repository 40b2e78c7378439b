package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.prep.LocalSpark;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parquet as Spark writes it, whole, divided and damaged. */
class ParquetRowsAreDocumentsTest {
  private static final ReadOptions OPTIONS = ReadOptions.defaults();
  private static final int ROWS = 3_000;

  @TempDir private static Path shared;
  private static LocalSpark spark;
  private static SparkSession session;

  /** The table as Snappy packs it; tests that change it take a copy. */
  private static Path file;

  @TempDir Path directory;

  @BeforeAll
  static void writeTable() throws IOException {
    spark = LocalSpark.forSmallTables();
    session = SparkSession.builder().sparkContext(spark.context().sc()).getOrCreate();
    file = write(table(), shared, "snappy");
  }

  @AfterAll
  static void stopSpark() {
    spark.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"uncompressed", "snappy", "gzip", "zstd", "lz4raw"})
  void rowsAreTheSameInAnyRanges(String codec) throws IOException {
    Path packed = codec.equals("snappy") ? file : write(table(), directory, codec);
    List<ReadResult> whole = ReadFiles.whole(packed, OPTIONS);
    assertThat(ReadFiles.lines(whole))
        .isEqualTo(IntStream.range(0, ROWS).mapToObj(i -> i + " " + text(i)).toList());
    for (int ranges : new int[] {7, 64}) {
      long bytes = Math.max(1, Files.size(packed) / ranges);
      InputFile input = new InputFile(packed.toUri().toString(), Files.size(packed));
      assertThat(new FileSource(List.of(input), OPTIONS, bytes).partitions())
          .isGreaterThan(ranges - 1);
      assertThat(ReadFiles.lines(ReadFiles.inRanges(packed, OPTIONS, bytes)))
          .isEqualTo(ReadFiles.lines(whole));
    }
  }

  @Test
  void bytesThatTheirFileSystemKnowsToBeDamaged() throws IOException {
    Path copy = directory.resolve(file.getFileName());
    Files.copy(file, copy);
    String sums = "." + file.getFileName() + ".crc";
    Files.copy(file.resolveSibling(sums), directory.resolve(sums));
    overwrite(copy);
    assertThat(lines(copy, OPTIONS)).anyMatch(line -> line.contains(" damaged_parquet: " + copy));
  }

  @Test
  void otherColumnsWithText() throws IOException {
    assertThat(ReadFiles.lines(ReadFiles.whole(file, OPTIONS.withTextField("raw"))).get(5))
        .isEqualTo("5 raw " + text(5));
    assertThat(ReadFiles.documents(file, OPTIONS.withTextField("text").withFormat(Format.PARQUET)))
        .hasSize(ROWS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"number", "list", "parts"})
  void columnsThatAreNoText(String column) throws IOException {
    assertThat(lines(file, OPTIONS.withTextField(column)))
        .containsExactly(
            "0 no_text: " + file + " has a column \"" + column + "\" that is no string");
  }

  @Test
  void columnThatIsMissing() throws IOException {
    assertThat(lines(file, OPTIONS.withTextField("content")))
        .containsExactly("0 no_text: " + file + " has no column \"content\"");
  }

  @Test
  void rowsThatAreDamaged() throws IOException {
    Dataset<Row> rows =
        session.createDataFrame(
            List.of(
                RowFactory.create("a".getBytes(StandardCharsets.UTF_8)),
                RowFactory.create((Object) null),
                RowFactory.create(new byte[] {'b', (byte) 0xe9}),
                RowFactory.create("x".repeat(101).getBytes(StandardCharsets.UTF_8)),
                RowFactory.create("c".getBytes(StandardCharsets.UTF_8))),
            new StructType().add("text", DataTypes.BinaryType));
    Path odd = write(rows.coalesce(1), directory, "snappy");
    assertThat(lines(odd, OPTIONS.withMaxDocumentBytes(100)))
        .containsExactly(
            "0 a",
            "1 no_text: " + odd + " row 2 has no \"text\"",
            "2 invalid_utf8: " + odd + " row 3 is not UTF-8: byte 0xe9 at offset 1 of it",
            "3 too_large: " + odd + " row 4 has more than 100 bytes, the most that are kept",
            "4 c");
  }

  @Test
  void filesThatBreakOffOrAreNoParquet() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Path broken = directory.resolve("broken.parquet");
    for (int length : new int[] {0, 3, 11, 12, 200, bytes.length / 2, bytes.length - 1}) {
      Files.write(broken, Arrays.copyOf(bytes, length));
      if (length > 0) {
        assertThat(lines(broken, OPTIONS))
            .as("%d bytes", length)
            .singleElement()
            .asString()
            .startsWith("0 damaged_parquet: " + broken + " is no whole Parquet file (");
      }
    }
  }

  @Test
  void aRowGroupThatIsDamagedCostsOnlyWhatFollowsInIt() throws IOException {
    Path changed = Files.copy(file, directory.resolve("changed.parquet"));
    overwrite(changed);
    List<String> lines = lines(changed, OPTIONS);
    List<String> damage = lines.stream().filter(line -> line.contains("damaged_parquet")).toList();
    assertThat(damage).isNotEmpty();
    int first = lines.indexOf(damage.get(0));
    assertThat(damage.get(0))
        .startsWith(
            first + " damaged_parquet: " + changed + " cannot be read from row " + (first + 1));
    assertThat(lines.get(first - 1)).isEqualTo((first - 1) + " " + text(first - 1));
    assertThat(lines.get(lines.size() - 1)).isEqualTo((ROWS - 1) + " " + text(ROWS - 1));
    assertThat(lines).hasSizeLessThan(ROWS);
  }

  private static void overwrite(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(bytes.length() / 2);
      bytes.write(new byte[2_000]);
    }
  }

  private static Dataset<Row> table() {
    return session
        .range(0, ROWS, 1, 1)
        .selectExpr(
            "concat('document ', id, ' of säil ', repeat(string(id), 20)) as text",
            "cast(concat('raw document ', id, ' of säil ', repeat(string(id), 20)) as binary) as raw",
            "id as number",
            "array('a', 'b') as list",
            "struct('a' as text) as parts");
  }

  private static String text(int row) {
    String number = Integer.toString(row);
    return "document " + number + " of säil " + number.repeat(20);
  }

  /** The file that Spark writes for a table, in row groups of some hundred rows. */
  private static Path write(Dataset<Row> table, Path parent, String codec) throws IOException {
    Path folder = parent.resolve(codec);
    table
        .write()
        .option("compression", codec)
        .option("parquet.block.size", 60_000)
        .option("parquet.page.size", 8_000)
        .option("parquet.page.size.row.check.min", 50)
        .option("parquet.block.size.row.check.min", 50)
        .parquet(folder.toString());
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(name -> name.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
  }

  private static List<String> lines(Path file, ReadOptions options) throws IOException {
    List<String> whole = ReadFiles.lines(ReadFiles.whole(file, options));
    assertThat(ReadFiles.lines(ReadFiles.inRanges(file, options, Files.size(file) / 7 + 1)))
        .isEqualTo(whole);
    return whole;
  }
}
