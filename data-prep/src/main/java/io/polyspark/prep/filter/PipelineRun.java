package io.polyspark.prep.filter;

import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.read.Document;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A pipeline at work on one part of a corpus, counting as it goes. Belongs to one thread. */
public final class PipelineRun {
  private final FilterPipeline pipeline;
  private final List<Counts> counts;

  PipelineRun(FilterPipeline pipeline) {
    this.pipeline = pipeline;
    this.counts = pipeline.stages().stream().map(stage -> new Counts()).toList();
  }

  /** Sends a document through the stages: what is left of it, or nothing if one removes it. */
  public Optional<Document> apply(Document document) {
    Candidate candidate = new Candidate(document);
    for (int i = 0; i < counts.size(); i++) {
      Counts stage = counts.get(i);
      stage.in = stage.in.plus(candidate.document());
      Verdict verdict = pipeline.stages().get(i).apply(candidate);
      if (verdict instanceof Verdict.Removed removed) {
        stage.remove(removed, document, candidate.document());
        return Optional.empty();
      }
      Verdict.Kept kept = (Verdict.Kept) verdict;
      stage.keep(kept);
      candidate = kept.candidate();
    }
    return Optional.of(candidate.document());
  }

  /** What has been done so far. */
  public PipelineReport report() {
    StageReport[] reports = new StageReport[counts.size()];
    Arrays.setAll(reports, i -> counts.get(i).report(pipeline.stages().get(i).name()));
    return new PipelineReport(List.of(reports));
  }

  private final class Counts {
    private Volume in = Volume.NONE;
    private Volume out = Volume.NONE;
    private final Map<String, Long> removed = new TreeMap<>();
    private final Map<String, Long> events = new TreeMap<>();
    private final Map<String, RemovedSample> samples = new TreeMap<>();

    void keep(Verdict.Kept kept) {
      out = out.plus(kept.candidate().document());
      add(kept.events());
    }

    void remove(Verdict.Removed verdict, Document input, Document last) {
      String rule = verdict.reason();
      add(verdict.events());
      removed.merge(rule, 1L, Long::sum);
      RemovedSample sample =
          samples.computeIfAbsent(
              rule, r -> RemovedSample.empty(pipeline.sampleSize(), pipeline.sampleSeed()));
      samples.put(rule, sample.plus(input, last));
    }

    private void add(Map<String, Long> found) {
      found.forEach((event, count) -> events.merge(event, count, Long::sum));
    }

    StageReport report(String stage) {
      return new StageReport(
          stage, in, out, new TreeMap<>(removed), new TreeMap<>(events), new TreeMap<>(samples));
    }
  }
}
