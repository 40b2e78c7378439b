package io.polyspark.prep.version;

import io.polyspark.model.config.UserError;
import java.time.Duration;
import java.time.InstantSource;

/**
 * How a lease lapses.
 *
 * @param expiry a lease without a sign of life for so long is nobody's
 * @param clock tells signs of life; the machines that share a corpus must agree on the time within
 *     a fraction of the expiry
 */
public record LeaseOptions(Duration expiry, InstantSource clock) {
  private static final Duration LEAST = Duration.ofMinutes(1);

  /** Ten minutes, by this machine's clock. */
  public static final LeaseOptions USUAL =
      new LeaseOptions(Duration.ofMinutes(10), InstantSource.system());

  /** Signs of life in an expiry: several may be late before the lease is lost. */
  private static final int SIGNS = 6;

  /**
   * Checks the range.
   *
   * @throws UserError for an expiry that a long pause would reach
   */
  public LeaseOptions {
    if (expiry.compareTo(LEAST) < 0) {
      throw UserError.of(
          "A lease that lapses after %d seconds would be lost in a pause; give it %d or more.",
          expiry.toSeconds(), LEAST.toSeconds());
    }
  }

  /** The same with another expiry. */
  public LeaseOptions withExpiry(Duration other) {
    return new LeaseOptions(other, clock);
  }

  /** Time between two signs of life. */
  Duration interval() {
    return expiry.dividedBy(SIGNS);
  }
}
