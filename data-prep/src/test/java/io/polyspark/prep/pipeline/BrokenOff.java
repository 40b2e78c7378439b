package io.polyspark.prep.pipeline;

import io.polyspark.prep.PrepareListener;
import java.util.ArrayList;
import java.util.List;

/** Ends a run where a stage is about to begin, and remembers what it was told until then. */
final class BrokenOff implements PrepareListener {
  static final String MESSAGE = "the run was broken off";

  private final String stage;
  private final List<String> phases = new ArrayList<>();

  private BrokenOff(String stage) {
    this.stage = stage;
  }

  /** Before a stage, by its name. */
  static BrokenOff before(String stage) {
    return new BrokenOff(stage);
  }

  @Override
  public void phase(String description) {
    if (description.startsWith(stage + ": ")) {
      throw new IllegalStateException(MESSAGE);
    }
    phases.add(description);
  }

  /** What came before. */
  List<String> phases() {
    return phases;
  }
}
