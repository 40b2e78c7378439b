package io.polyspark.prep.read;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/** Reading in a task of Spark's. */
public final class TaskReading {
  private TaskReading() {}

  /**
   * The next document or rejection; null at the end.
   *
   * @throws TaskKilledException if Spark has given the task up, which it leaves to the task to see
   */
  public static ReadResult next(DocumentReader reader) {
    requireAlive();
    try {
      return reader.next();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Ends a task that nobody waits for.
   *
   * @throws TaskKilledException if Spark has given the task up
   */
  public static void requireAlive() {
    TaskContext task = TaskContext.get();
    if (task != null && task.isInterrupted()) {
      throw new TaskKilledException();
    }
  }
}
