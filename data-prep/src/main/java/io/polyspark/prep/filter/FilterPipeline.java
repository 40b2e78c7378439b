package io.polyspark.prep.filter;

import io.polyspark.model.config.UserError;
import java.io.Serializable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Stages in the order in which documents go through them.
 *
 * @param stages with different names
 * @param sampleSize how many removed documents to keep for people to read, per rule
 * @param sampleSeed which ones
 */
public record FilterPipeline(List<Stage> stages, int sampleSize, long sampleSeed)
    implements Serializable {
  /** Enough to see what a rule takes for bad. */
  public static final int DEFAULT_SAMPLE_SIZE = 10;

  /**
   * Checks the stages.
   *
   * @throws UserError naming a stage that is there twice
   */
  public FilterPipeline {
    stages = List.copyOf(stages);
    Set<String> names = new HashSet<>();
    for (Stage stage : stages) {
      if (!names.add(stage.name())) {
        throw UserError.of("The stage %s is there twice; name each one once.", stage.name());
      }
    }
    Share.checkAtLeast("samples", "size", sampleSize, 0);
  }

  /** Stages, with samples of the default size. */
  public static FilterPipeline of(Stage... stages) {
    return new FilterPipeline(List.of(stages), DEFAULT_SAMPLE_SIZE, 0);
  }

  /** Starts on some documents, such as those of a partition. */
  public PipelineRun start() {
    return new PipelineRun(this);
  }
}
