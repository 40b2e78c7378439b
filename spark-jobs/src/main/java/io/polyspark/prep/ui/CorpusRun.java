package io.polyspark.prep.ui;

import io.polyspark.prep.events.CorpusEndedEvent;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.ShardsWrittenEvent;
import io.polyspark.prep.events.SourceCounts;
import io.polyspark.prep.events.StageEndedEvent;
import io.polyspark.prep.events.StageStartedEvent;
import io.polyspark.prep.events.StepCounts;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.ui.RunState.Progress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A run as its events come in. Its size is that of its configuration, whatever it reads. */
final class CorpusRun {
  private final CorpusStartedEvent started;
  private final Map<String, StageStartedEvent> begun = new HashMap<>();
  private final Map<String, StageEndedEvent> done = new HashMap<>();
  private final Map<String, StepCounts> counts = new HashMap<>();
  private final Map<String, Long> rejected = new TreeMap<>();
  private List<SourceCounts> sources = List.of();
  private List<ShardsWrittenEvent.Split> splits = List.of();
  private CorpusEndedEvent ended;
  private long applicationEnded;
  private String running = "";
  private StageCounts runningCounts;

  CorpusRun(CorpusStartedEvent started) {
    this.started = started;
  }

  void take(StageStartedEvent event) {
    started.stages().stream()
        .filter(stage -> stage.name().equals(event.stage()))
        .findFirst()
        .ifPresent(
            stage -> {
              begun.put(event.stage(), event);
              running = event.stage();
              runningCounts = new StageCounts(stage);
            });
  }

  void take(StageEndedEvent event) {
    done.put(event.stage(), event);
    event.steps().forEach(step -> counts.put(step.step(), step));
    rejected.putAll(event.rejected());
    if (!event.sources().isEmpty()) {
      sources = event.sources();
    }
    if (running.equals(event.stage())) {
      running = "";
      runningCounts = null;
    }
  }

  void take(ShardsWrittenEvent event) {
    splits = event.splits();
  }

  void take(CorpusEndedEvent event) {
    ended = event;
  }

  /** The application has ended, at a time in milliseconds since 1970. */
  void applicationEnded(long time) {
    applicationEnded = time;
  }

  /** What the tasks of the running stage have counted; empty where the group is of another one. */
  Optional<StageCounts> counting(String group) {
    return running.equals(group) ? counting() : Optional.empty();
  }

  /** What the tasks of the running stage have counted; empty where none runs. */
  Optional<StageCounts> counting() {
    return Optional.ofNullable(runningCounts);
  }

  /** How far it is now. */
  RunState state() {
    List<RunState.Stage> stages = new ArrayList<>();
    List<RunState.Step> steps = new ArrayList<>();
    for (CorpusStartedEvent.Stage stage : started.stages()) {
      Progress progress = progress(stage.name());
      stages.add(stage(stage.name(), progress));
      for (String step : stage.steps()) {
        steps.add(step(stage.name(), step, progress));
      }
    }
    return new RunState(
        started,
        ended,
        applicationEnded,
        List.copyOf(stages),
        List.copyOf(steps),
        new TreeMap<>(rejected),
        sources,
        splits);
  }

  private Progress progress(String stage) {
    StageEndedEvent end = done.get(stage);
    if (end != null) {
      return end.reused() ? Progress.REUSED : Progress.DONE;
    }
    if (!begun.containsKey(stage)) {
      return Progress.WAITING;
    }
    return ended == null && applicationEnded == 0 ? Progress.RUNNING : Progress.BROKEN_OFF;
  }

  private RunState.Stage stage(String name, Progress progress) {
    StageStartedEvent begin = begun.get(name);
    StageEndedEvent end = done.get(name);
    Optional<StageCounts> tasks = counting(name);
    return new RunState.Stage(
        name,
        begin == null ? "" : begin.description(),
        progress,
        begin == null ? 0 : begin.time(),
        end == null ? 0 : end.time(),
        tasks.map(StageCounts::tasks).orElse(0L),
        tasks.map(StageCounts::tasksDone).orElse(0L));
  }

  private RunState.Step step(String stage, String step, Progress progress) {
    StepCounts known = counts.get(step);
    if (known == null) {
      known =
          counting(stage)
              .map(live -> live.of(step))
              .orElse(new StepCounts(step, Volume.NONE, Volume.NONE, Map.of(), Map.of()));
    }
    return new RunState.Step(stage, progress, known);
  }
}
