package io.polyspark.prep.version;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that is put forward by hand. */
final class HandClock implements InstantSource {
  private Instant now = Instant.parse("2024-05-01T02:00:00Z");

  void pass(Duration time) {
    now = now.plus(time);
  }

  @Override
  public Instant instant() {
    return now;
  }
}
