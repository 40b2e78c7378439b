package io.polyspark.prep.events;

import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.filter.StageReport.Volume;
import java.util.Map;

/**
 * What a step of the funnel did, without the documents that its report has for people to read.
 *
 * @param step its name
 * @param in what came to it
 * @param out what it let go on; its bytes are {@link #UNKNOWN} until the next stage has read them
 * @param removed documents removed, by rule
 * @param events what else it did or found, by name
 */
public record StepCounts(
    String step, Volume in, Volume out, Map<String, Long> removed, Map<String, Long> events) {
  /** In place of a count that is not there yet. */
  public static final long UNKNOWN = -1;

  /** The counts of a report. */
  public static StepCounts of(StageReport report) {
    return new StepCounts(
        report.stage(), report.in(), report.out(), report.removed(), report.events());
  }
}
