package io.polyspark.prep.tokenize;

import java.io.Closeable;
import java.io.IOException;

/** The documents of one part of an {@link IdSource}, in their order. */
public interface IdReader extends Closeable {
  /** The ids of the next document, with or without the end of text; null at the end. */
  int[] next() throws IOException;
}
