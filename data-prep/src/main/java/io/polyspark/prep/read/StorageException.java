package io.polyspark.prep.read;

import java.io.IOException;

/**
 * A file system that fails, which says nothing of the input: the task is to be tried again, where
 * an {@code IOException} of a decompressor or a parser means that the file is damaged.
 */
final class StorageException extends IOException {
  private static final long serialVersionUID = 1L;

  StorageException(IOException cause) {
    super(cause.getMessage(), cause);
  }

  /** Throws a failure of the storage on, if that is what made a reader fail. */
  static void rethrow(Throwable failure) throws StorageException {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StorageException storage) {
        throw storage;
      }
    }
  }
}
