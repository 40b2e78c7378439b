package io.polyspark.prep.read;

/** A reader that knows where it is when it fails. */
interface PlacedReader extends DocumentReader {
  /** Where the document starts that was read last, or was being read. */
  long position();
}
