package io.polyspark.prep.read;

/** What a place in the input gave: a document, or the reason why there is none. */
public sealed interface ReadResult permits Document, Rejection {
  /** Where it is. */
  Place place();
}
