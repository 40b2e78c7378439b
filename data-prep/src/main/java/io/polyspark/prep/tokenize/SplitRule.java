package io.polyspark.prep.tokenize;

import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.Split;
import java.io.Serializable;
import java.nio.ByteBuffer;

/**
 * Which side text goes to: a function of the document alone, whatever its place and task.
 *
 * @param kind by hash or tail
 * @param validationFraction f, between 0 and 1
 */
public record SplitRule(Split kind, double validationFraction) implements Serializable {
  private static final double TWO_TO_THE_53 = 0x1p53;

  /**
   * The side of a whole document: validation where the first 53 bits of its SHA-256, as a fraction
   * of 1, lie below f.
   */
  public Side side(byte[] utf8) {
    long hash = ByteBuffer.wrap(Sha256.digest().digest(utf8)).getLong() >>> 11;
    return hash / TWO_TO_THE_53 < validationFraction ? Side.VALIDATION : Side.TRAIN;
  }

  /**
   * Where the tail of a document starts: at byte floor((1 - f) length), or as many bytes before as
   * it takes not to cut a character.
   */
  int tailStart(byte[] utf8) {
    int start = (int) Math.floor((1 - validationFraction) * utf8.length);
    while (start > 0 && start < utf8.length && (utf8[start] & 0xc0) == 0x80) {
      start--;
    }
    return start;
  }
}
