package io.polyspark.prep.read;

import java.io.Serializable;

/**
 * The bytes of a file that one task answers for. What starts before the range belongs to the task
 * before; what starts in it is read to its end, even past the range.
 *
 * @param start of the range in the file
 * @param end past its last byte; {@code Long.MAX_VALUE} for a file that is not divided
 */
record InputRange(InputFile file, long start, long end) implements Serializable {
  static InputRange whole(InputFile file) {
    return new InputRange(file, 0, Long.MAX_VALUE);
  }
}
