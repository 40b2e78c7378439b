package io.polyspark.prep.pipeline;

import io.polyspark.prep.filter.PipelineReport;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.report.LengthHistogram;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SideCounts;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of some documents on their way to tokens.
 *
 * @param in what came
 * @param filters what the stages after deduplication did
 * @param empty documents that those left blank
 * @param leftOut documents of which their source's weight takes no copy
 * @param tokenized documents of which some copy is there, each once, by source
 * @param lengths of those, in bytes
 * @param sources what each source gives to each side, copies counted
 */
record TokenReport(
    Volume in,
    PipelineReport filters,
    long empty,
    long leftOut,
    TreeMap<String, Volume> tokenized,
    LengthHistogram lengths,
    TreeMap<String, EnumMap<Side, SideCounts>> sources) {

  /** The report on these documents and on others. */
  TokenReport plus(TokenReport other) {
    TreeMap<String, EnumMap<Side, SideCounts>> sums = new TreeMap<>();
    sources.forEach((source, sides) -> sums.put(source, new EnumMap<>(sides)));
    other.sources.forEach(
        (source, sides) -> {
          Map<Side, SideCounts> sum =
              sums.computeIfAbsent(source, name -> new EnumMap<>(Side.class));
          sides.forEach((side, counts) -> sum.merge(side, counts, SideCounts::plus));
        });
    return new TokenReport(
        in.plus(other.in),
        filters.plus(other.filters),
        empty + other.empty,
        leftOut + other.leftOut,
        CleanReport.sum(tokenized, other.tokenized),
        lengths.plus(other.lengths),
        sums);
  }

  /** Documents of which some copy is there, each once. */
  long documents() {
    return CleanReport.total(tokenized).documents();
  }

  /** What was left when the last filter had been passed. */
  Volume finished() {
    List<StageReport> stages = filters.stages();
    return stages.isEmpty() ? in : stages.get(stages.size() - 1).out();
  }

  /** What all sources give to a side. */
  SideCounts side(Side side) {
    return sources.values().stream()
        .map(sides -> sides.getOrDefault(side, SideCounts.NONE))
        .reduce(SideCounts.NONE, SideCounts::plus);
  }
}
