package io.polyspark.preflight;

/** Looks at one thing that a run needs. */
@FunctionalInterface
public interface Check {
  /** What it found; a thing that is not as it must be is a finding, not an exception. */
  Finding run();
}
