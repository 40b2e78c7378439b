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

  /** A line that is no JSON object. */
  public static final String INVALID_JSON = "invalid_json";

  /** A JSON object without a string {@code text}. */
  public static final String NO_TEXT = "no_text";

  /** A file that cannot be decompressed to its end. */
  public static final String DAMAGED_GZIP = "damaged_gzip";
}
