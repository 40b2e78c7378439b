package io.polyspark.prep.read;

import io.polyspark.model.config.UserError;

/** What a driver makes of a job that failed. */
public final class TaskFailure {
  private TaskFailure() {}

  /**
   * A user's mistake that a task met comes back as itself, not as the failure of a Spark job.
   *
   * @param failure anything: Scala throws Spark's exceptions, which are checked, undeclared
   * @param what was to be done, for a failure that is no mistake
   */
  public static RuntimeException of(Exception failure, String what) {
    if (failure instanceof UserError mistake) {
      return mistake;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UserError) {
        return new UserError(cause.getMessage(), failure);
      }
    }
    return new IllegalStateException("cannot " + what, failure);
  }
}
