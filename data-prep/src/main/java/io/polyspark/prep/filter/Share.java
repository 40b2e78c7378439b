package io.polyspark.prep.filter;

import io.polyspark.model.config.UserError;

/** Shares and ratios: how they are computed, and the sentence about one that cannot be. */
final class Share {
  private Share() {}

  /** part / whole; 0 of nothing. */
  static double of(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  /** Checks a setting that is a share of a whole. */
  static void check(String stage, String setting, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw UserError.of("%s.%s is %s; it must lie from 0 to 1.", stage, setting, value);
    }
  }

  /** Checks a setting that has a least value. */
  static void checkAtLeast(String stage, String setting, double value, int least) {
    if (!(value >= least)) {
      throw UserError.of("%s.%s is %s; it must be at least %d.", stage, setting, value, least);
    }
  }
}
