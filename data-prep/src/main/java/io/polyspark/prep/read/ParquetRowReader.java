package io.polyspark.prep.read;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;

/**
 * A column of a Parquet file, each row a document; other columns are not read. A row group belongs
 * to the range in which it starts; what concerns the whole file, to the range at 0.
 */
final class ParquetRowReader implements DocumentReader {
  /** Share of a task's memory that the text of a row group may take, still compressed. */
  private static final long MEMORY_PER_BYTE = 4;

  private final InputRange range;
  private final String column;
  private final DocumentLimit limit;
  private final long taskBytes;
  private final Configuration configuration;
  private final Queue<Integer> groups = new ArrayDeque<>();
  private final TextColumn text = new TextColumn();
  private ParquetFileReader file;
  private MessageType projection;
  private RecordReader<Binary> rows;
  private long row;
  private long rowsLeft;
  private boolean ended;

  /** Opens nothing yet. */
  ParquetRowReader(InputRange range, ReadOptions options, Configuration configuration) {
    this.range = range;
    this.column = options.textField();
    this.limit = DocumentLimit.ofText(options);
    this.taskBytes = options.taskBytes();
    this.configuration = configuration;
  }

  @Override
  public ReadResult next() throws IOException {
    if (file == null && !ended) {
      Rejection rejection = openFile();
      if (rejection != null) {
        ended = true;
        return range.start() == 0 ? rejection : null;
      }
    }
    while (!ended) {
      if (rowsLeft > 0) {
        return nextRow();
      }
      Integer group = groups.poll();
      ended = group == null;
      if (!ended) {
        Rejection rejection = openGroup(group);
        if (rejection != null) {
          return rejection;
        }
      }
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }

  private Rejection openFile() throws IOException {
    try {
      file =
          ParquetFileReader.open(
              new StorageFile(range.file(), configuration),
              HadoopReadOptions.builder(configuration).usePageChecksumVerification().build());
    } catch (IOException | RuntimeException e) {
      StorageException.rethrow(e);
      return damage(0, "is no whole Parquet file", e);
    }
    MessageType schema = file.getFileMetaData().getSchema();
    if (!schema.containsField(column)) {
      return reject(Rejection.NO_TEXT, 0, "has no column \"" + column + "\"");
    }
    Type type = schema.getType(column);
    if (!isText(type)) {
      return reject(Rejection.NO_TEXT, 0, "has a column \"" + column + "\" that is no string");
    }
    projection = new MessageType(schema.getName(), type);
    file.setRequestedSchema(projection);
    for (int i = 0; i < file.getRowGroups().size(); i++) {
      if (isOurs(file.getRowGroups().get(i))) {
        groups.add(i);
      }
    }
    return null;
  }

  private static boolean isText(Type type) {
    if (!type.isPrimitive()
        || type.isRepetition(Repetition.REPEATED)
        || type.asPrimitiveType().getPrimitiveTypeName() != PrimitiveTypeName.BINARY) {
      return false;
    }
    LogicalTypeAnnotation meaning = type.getLogicalTypeAnnotation();
    return meaning == null || meaning.equals(LogicalTypeAnnotation.stringType());
  }

  private boolean isOurs(BlockMetaData group) {
    long start = group.getStartingPos();
    return start >= range.start() && start < range.end();
  }

  /** Prepares to read a row group; a rejection if that cannot be. */
  private Rejection openGroup(int group) throws IOException {
    BlockMetaData metadata = file.getRowGroups().get(group);
    row = metadata.getRowIndexOffset();
    long bytes =
        metadata.getColumns().stream()
            .filter(chunk -> chunk.getPath().toDotString().equals(column))
            .mapToLong(chunk -> chunk.getTotalSize())
            .sum();
    if (bytes > taskBytes / MEMORY_PER_BYTE) {
      return reject(
          Rejection.TOO_LARGE,
          row,
          String.format(
              "has a row group of %d MB of text from row %d on, too large for a task of %d MB",
              bytes >> 20, row + 1, taskBytes >> 20));
    }
    try {
      PageReadStore pages = file.readRowGroup(group);
      rows =
          new ColumnIOFactory(file.getFileMetaData().getCreatedBy())
              .getColumnIO(projection)
              .getRecordReader(pages, text);
      rowsLeft = metadata.getRowCount();
      return null;
    } catch (IOException | RuntimeException e) {
      StorageException.rethrow(e);
      return damage(row, groupFrom(row), e);
    }
  }

  private ReadResult nextRow() throws IOException {
    long current = row++;
    Binary value;
    try {
      value = rows.read();
    } catch (RuntimeException e) {
      StorageException.rethrow(e);
      rowsLeft = 0;
      return damage(current, groupFrom(current), e);
    }
    rowsLeft--;
    Place place = range.file().place(current);
    if (value == null) {
      return reject(
          Rejection.NO_TEXT, current, "row " + (current + 1) + " has no \"" + column + "\"");
    }
    if (value.length() > limit.bytes()) {
      return limit.reject(place, () -> subject(current));
    }
    return Utf8.document(place, value.getBytes(), () -> subject(current));
  }

  private String subject(long number) {
    return String.format("%s row %d", range.file().display(), number + 1);
  }

  private static String groupFrom(long number) {
    return "cannot be read from row " + (number + 1) + " to the end of its row group";
  }

  private Rejection damage(long position, String what, Exception e) {
    String cause = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String firstLine = cause.lines().findFirst().orElse("");
    return reject(Rejection.DAMAGED_PARQUET, position, what + " (" + firstLine + ")");
  }

  private Rejection reject(String reason, long position, String what) {
    return new Rejection(
        reason, range.file().place(position), () -> range.file().display() + " " + what);
  }
}
