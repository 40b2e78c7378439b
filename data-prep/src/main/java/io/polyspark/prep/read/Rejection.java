package io.polyspark.prep.read;

import java.util.function.Supplier;

/**
 * A damaged document.
 *
 * @param reason the name under which the manifest counts it
 * @param place where the document starts that is damaged
 * @param description what is wrong and where, for the user, as a sentence without its full stop; a
 *     supplier, since finding the number of a line may take reading the file
 */
public record Rejection(String reason, Place place, Supplier<String> description)
    implements ReadResult {
  /** Bytes that are no UTF-8, or a character that UTF-8 cannot carry. */
  public static final String INVALID_UTF8 = "invalid_utf8";

  /** Bytes that are no text. */
  public static final String BINARY = "binary";

  /** More than a task can hold, or than is wanted. */
  public static final String TOO_LARGE = "too_large";

  /** A line that is no JSON object. */
  public static final String INVALID_JSON = "invalid_json";

  /** A JSON object without a string of text, a row without one, a file without its column. */
  public static final String NO_TEXT = "no_text";

  /** A file whose bytes are not what was written, by its file system's sums. */
  public static final String DAMAGED_FILE = "damaged_file";

  /** A file that cannot be decompressed to its end. */
  public static final String DAMAGED_GZIP = "damaged_gzip";

  /** The same of bzip2. */
  public static final String DAMAGED_BZIP2 = "damaged_bzip2";

  /** The same of Zstandard. */
  public static final String DAMAGED_ZSTD = "damaged_zstd";

  /** A file that is no Parquet, or a row group that cannot be read to its end. */
  public static final String DAMAGED_PARQUET = "damaged_parquet";

  /** A WARC file that cannot be read to its end, or a page in one that cannot be read. */
  public static final String DAMAGED_WARC = "damaged_warc";
}
