package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import java.math.BigDecimal;

/**
 * How much of the input may be damaged before a run is given up: a number of documents, or a share
 * of all that were read.
 *
 * @param count the number, where the share is 0
 * @param share from 0 to below 1
 */
public record MaxRejected(long count, double share) {
  /** Nothing may be damaged. */
  public static final MaxRejected NONE = new MaxRejected(0, 0);

  /** Checks the ranges. */
  public MaxRejected {
    if (count < 0 || !(share >= 0 && share < 1)) {
      throw UserError.of(
          "max_rejected is %s; it must be a number of documents or a share such as 0.1%%.",
          count < 0 ? count : share);
    }
  }

  /** So many documents. */
  public static MaxRejected count(long count) {
    return new MaxRejected(count, 0);
  }

  /** Such a part of the documents. */
  public static MaxRejected share(double share) {
    return new MaxRejected(0, share);
  }

  /** More rejections than this end a run whatever else is read. */
  long most() {
    return share > 0 ? Long.MAX_VALUE : count;
  }

  /** Whether it is too much. */
  boolean isExceededBy(long rejected, long read) {
    return rejected > (share > 0 ? (long) Math.ceil(share * read) : count);
  }

  /** As a configuration file has it. */
  @Override
  public String toString() {
    return share > 0 ? percent() + "%" : Long.toString(count);
  }

  /** In decimals without an exponent, so that it reads as the same share. */
  private String percent() {
    return BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString();
  }
}
