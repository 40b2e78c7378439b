package io.polyspark.prep.read;

import java.io.Closeable;
import java.io.IOException;

/** The documents of one part of the input, in their order. */
public interface DocumentReader extends Closeable {
  /** The next document or rejection; null at the end. */
  ReadResult next() throws IOException;
}
