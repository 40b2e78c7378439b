package io.polyspark.prep.ui;

import io.polyspark.prep.events.CorpusEndedEvent;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.ShardsWrittenEvent;
import io.polyspark.prep.events.SourceCounts;
import io.polyspark.prep.events.StepCounts;
import java.util.List;
import java.util.Map;

/**
 * How far a run is.
 *
 * @param started what it is
 * @param ended how it ended; null where nothing has said so
 * @param applicationEnded when the application ended, milliseconds since 1970; 0 while it goes on,
 *     as far as the events say
 * @param stages in order, those that have not begun among them
 * @param steps of the funnel in order, those of which nothing is known among them
 * @param rejected damaged documents and files, by reason
 * @param sources what has become of them, as far as stages have said
 * @param splits the shards, once they are written
 */
record RunState(
    CorpusStartedEvent started,
    CorpusEndedEvent ended,
    long applicationEnded,
    List<Stage> stages,
    List<Step> steps,
    Map<String, Long> rejected,
    List<SourceCounts> sources,
    List<ShardsWrittenEvent.Split> splits) {

  /** How far a stage or a step is. */
  enum Progress {
    WAITING,
    RUNNING,
    DONE,
    /** By an earlier run. */
    REUSED,
    /** The run ended before it did. */
    BROKEN_OFF
  }

  /**
   * A stage.
   *
   * @param name the name of its group of jobs, too
   * @param description a few words of what it does; empty before it begins
   * @param progress how far it is
   * @param began when, milliseconds since 1970; 0 where it has not
   * @param ended when; 0 where it has not
   * @param tasks of those of Spark's stages that run for it now
   * @param tasksDone how many of them have succeeded
   */
  record Stage(
      String name,
      String description,
      Progress progress,
      long began,
      long ended,
      long tasks,
      long tasksDone) {}

  /**
   * A step of the funnel.
   *
   * @param stage the stage that takes it
   * @param progress how far the counts are: while it runs, they are those of the tasks that have
   *     succeeded so far
   * @param counts what it has done
   */
  record Step(String stage, Progress progress, StepCounts counts) {}

  /** One word for what became of the run: running, ended, failed or interrupted. */
  String word() {
    if (ended != null) {
      return ended.failure().isEmpty() ? "ended" : "failed";
    }
    return applicationEnded == 0 ? "running" : "interrupted";
  }

  /** When it came to its end, milliseconds since 1970; 0 while it goes on. */
  long end() {
    return ended == null ? applicationEnded : ended.time();
  }
}
