package io.polyspark.prep.pipeline;

import io.polyspark.prep.filter.PipelineReport;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.report.LengthHistogram;
import java.util.TreeMap;

/**
 * What reading, normalising and filtering did to some documents.
 *
 * @param read whole documents that were read, by source
 * @param kept documents that are left, by source
 * @param empty documents that are blank, as they were read or after the filters
 * @param rejected damaged documents and files, by reason
 * @param filters what the stages did
 * @param lengths of the documents as they were read, in bytes
 */
record CleanReport(
    TreeMap<String, Volume> read,
    TreeMap<String, Volume> kept,
    long empty,
    TreeMap<String, Long> rejected,
    PipelineReport filters,
    LengthHistogram lengths) {

  /** The report on these documents and on others. */
  CleanReport plus(CleanReport other) {
    TreeMap<String, Long> allRejected = new TreeMap<>(rejected);
    other.rejected.forEach((reason, count) -> allRejected.merge(reason, count, Long::sum));
    return new CleanReport(
        sum(read, other.read),
        sum(kept, other.kept),
        empty + other.empty,
        allRejected,
        filters.plus(other.filters),
        lengths.plus(other.lengths));
  }

  /** How many were damaged. */
  long allRejected() {
    return rejected.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What was met in the input, damaged documents among it. */
  Volume met() {
    Volume whole = total(read);
    return new Volume(whole.documents() + allRejected(), whole.bytes());
  }

  /** What of it was neither damaged nor blank. */
  Volume whole() {
    Volume whole = total(read);
    return new Volume(whole.documents() - empty, whole.bytes());
  }

  /** All sources' volumes together. */
  static Volume total(TreeMap<String, Volume> bySource) {
    return bySource.values().stream().reduce(Volume.NONE, Volume::plus);
  }

  /** The volumes of these sources and of others. */
  static TreeMap<String, Volume> sum(TreeMap<String, Volume> some, TreeMap<String, Volume> others) {
    TreeMap<String, Volume> sums = new TreeMap<>(some);
    others.forEach((source, volume) -> sums.merge(source, volume, Volume::plus));
    return sums;
  }
}
