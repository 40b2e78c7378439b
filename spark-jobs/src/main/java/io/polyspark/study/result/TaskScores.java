package io.polyspark.study.result;

import io.polyspark.evaluate.CheckpointScores;
import io.polyspark.evaluate.TaskEvaluation;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.tensor.Device;
import io.polyspark.study.Cell;
import io.polyspark.study.StudyConfig;
import io.polyspark.study.StudyDirectory;
import io.polyspark.terminal.Bar;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/** How the checkpoints of a study did at tasks; each is scored once. */
public final class TaskScores {
  private final StudyConfig study;
  private final KeptFiles<CheckpointTasks> files;

  /**
   * @param directory the study's
   */
  public TaskScores(StudyConfig study, StudyDirectory directory) {
    this.study = study;
    this.files =
        new KeptFiles<>(
            directory, "tasks", CheckpointTasks.class, study.tasks().orElse("no tasks"));
  }

  /** Scores those that are not scored, if the study names tasks. */
  public void make(JavaSparkContext spark) throws IOException {
    if (study.tasks().isEmpty()) {
      return;
    }
    Path tasks = new Path(study.tasks().get());
    try (Bar bar = Bar.start("scoring", study.cells().size(), "runs")) {
      for (Cell cell : study.cells()) {
        List<Checkpoint> missing = files.missing(cell);
        if (!missing.isEmpty()) {
          for (CheckpointScores scored : TaskEvaluation.run(spark, missing, tasks, Device.CPU)) {
            files.write(scored.checkpoint(), CheckpointTasks.of(scored));
          }
        }
        bar.step();
      }
    }
  }

  /** Those of a cell, in the order of the rounds. */
  List<CheckpointTasks> of(Cell cell) throws IOException {
    return study.tasks().isEmpty() ? List.of() : files.of(cell);
  }
}
