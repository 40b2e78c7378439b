package io.polyspark.prep.version;

/**
 * A file whose documents a version of the corpus has.
 *
 * @param source name of the source that it belongs to
 * @param uri its path with its file system
 * @param length in bytes
 * @param modificationTime when it was written, milliseconds since 1970
 * @param sha256 of its bytes, in hexadecimal
 */
public record AcceptedInput(
    String source, String uri, long length, long modificationTime, String sha256) {}
