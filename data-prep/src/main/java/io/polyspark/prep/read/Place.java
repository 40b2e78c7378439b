package io.polyspark.prep.read;

import java.io.Serializable;

/**
 * Where a document is, the same however the input is divided among tasks. No two documents of an
 * input have the same place.
 *
 * @param file the URI of its file, or what stands for one where there is none
 * @param position in the file, from 0: for text and JSON lines the offset of its first byte in the
 *     decompressed text, for Parquet the number of its row, for WARC that of its record
 */
public record Place(String file, long position) implements Serializable {
  /** Of a document that is from nowhere. */
  public static final Place NONE = new Place("", 0);
}
