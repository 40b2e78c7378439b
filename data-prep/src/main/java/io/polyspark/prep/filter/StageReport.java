package io.polyspark.prep.filter;

import io.polyspark.prep.read.Document;
import java.io.Serializable;
import java.util.TreeMap;

/**
 * What one stage did to some documents.
 *
 * @param stage its name
 * @param in documents that came to it
 * @param out documents that it let go on, as it left them
 * @param removed documents removed, by rule
 * @param events what else it did or found, by name
 * @param samples some of the documents removed, by rule
 */
public record StageReport(
    String stage,
    Volume in,
    Volume out,
    TreeMap<String, Long> removed,
    TreeMap<String, Long> events,
    TreeMap<String, RemovedSample> samples)
    implements Serializable {
  /**
   * So much text.
   *
   * @param documents documents
   * @param bytes bytes of UTF-8
   */
  public record Volume(long documents, long bytes) implements Serializable {
    /** No text. */
    public static final Volume NONE = new Volume(0, 0);

    /** With one more document. */
    public Volume plus(Document document) {
      return new Volume(documents + 1, bytes + document.utf8().length);
    }

    /** The sum of both. */
    public Volume plus(Volume other) {
      return new Volume(documents + other.documents, bytes + other.bytes);
    }
  }

  /** What the stage did to these documents and to others. */
  StageReport plus(StageReport other) {
    TreeMap<String, Long> allRemoved = new TreeMap<>(removed);
    other.removed.forEach((rule, count) -> allRemoved.merge(rule, count, Long::sum));
    TreeMap<String, Long> allEvents = new TreeMap<>(events);
    other.events.forEach((event, count) -> allEvents.merge(event, count, Long::sum));
    TreeMap<String, RemovedSample> allSamples = new TreeMap<>(samples);
    other.samples.forEach((rule, sample) -> allSamples.merge(rule, sample, RemovedSample::plus));
    return new StageReport(
        stage, in.plus(other.in), out.plus(other.out), allRemoved, allEvents, allSamples);
  }
}
