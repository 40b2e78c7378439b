package io.polyspark.testing;

import java.util.List;

/** The lines of a {@code metrics.jsonl}, so that those of two runs can be compared. */
public final class MetricsLines {
  private static final String TIMES =
      "\"(seconds|\\w+_seconds|outside_share|tokens_per_second|straggler|time|last_seen)\":[^,}]+"
          + "|\"(host|executor|gpu)\":\"[^\"]*\"";

  private MetricsLines() {}

  /** What they say of training, without the times, the places, and what happened besides. */
  public static List<String> withoutTimes(List<String> lines) {
    return lines.stream()
        .filter(line -> !line.startsWith("{\"kind\":\"notice\""))
        .map(line -> line.replaceAll(TIMES, ""))
        .toList();
  }
}
