package io.polyspark.prep.filter;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * What a pipeline did to some documents, stage by stage. The report on two parts of a corpus is the
 * sum of theirs, in any order.
 *
 * @param stages in the pipeline's order
 */
public record PipelineReport(List<StageReport> stages) implements Serializable {
  /** The report on these documents and on others that went through the same pipeline. */
  public PipelineReport plus(PipelineReport other) {
    List<StageReport> sums = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      sums.add(stages.get(i).plus(other.stages.get(i)));
    }
    return new PipelineReport(List.copyOf(sums));
  }

  /** Documents removed, by stage and rule, such as {@code gopher_quality.min_words}. */
  public TreeMap<String, Long> removed() {
    TreeMap<String, Long> all = new TreeMap<>();
    for (StageReport stage : stages) {
      stage.removed().forEach((rule, count) -> all.put(stage.stage() + "." + rule, count));
    }
    return all;
  }
}
