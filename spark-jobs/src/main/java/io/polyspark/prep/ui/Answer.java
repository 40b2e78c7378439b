package io.polyspark.prep.ui;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.SourceCounts;
import io.polyspark.prep.events.StepCounts;
import io.polyspark.prep.filter.StageReport.Volume;
import java.util.Optional;

/** What the page's scripts are told, as JSON. */
final class Answer {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          .build();

  private Answer() {}

  /**
   * All of a run, or only the revision where the page has it already; and always the time, by which
   * the page says how long a stage has run.
   *
   * @param known the revision that the page has, or -1
   */
  static ObjectNode of(Optional<CorpusRow> asked, int known) {
    ObjectNode answer = JSON.createObjectNode();
    asked.ifPresent(
        row -> {
          answer.put("revision", row.revision).put("time", System.currentTimeMillis());
          if (row.revision != known) {
            tell(answer, row);
          }
        });
    return answer;
  }

  private static void tell(ObjectNode answer, CorpusRow row) {
    RunState state = row.state;
    answer
        .putObject("run")
        .put("run", row.run)
        .put("state", state.word())
        .put("failure", state.ended() == null ? "" : state.ended().failure())
        .put("note", state.ended() == null ? "" : state.ended().note())
        .put("name", state.started().name())
        .put("output", state.started().output())
        .put("version", state.started().version())
        .put("started", state.started().time())
        .put("ended", state.end());
    answer.set("stages", JSON.valueToTree(state.stages()));
    ArrayNode steps = answer.putArray("steps");
    state.steps().forEach(step -> tell(steps.addObject(), step));
    answer.set("rejected", JSON.valueToTree(state.rejected()));
    ArrayNode sources = answer.putArray("sources");
    for (CorpusStartedEvent.SourceFiles source : state.started().sources()) {
      ObjectNode told = sources.addObject();
      told.setAll(JSON.<ObjectNode>valueToTree(source));
      state.sources().stream()
          .filter(counts -> counts.name().equals(source.name()))
          .findFirst()
          .ifPresent(counts -> tell(told, counts));
    }
    answer.set("splits", JSON.valueToTree(state.splits()));
  }

  private static void tell(ObjectNode to, RunState.Step step) {
    StepCounts counts = step.counts();
    to.put("step", counts.step()).put("stage", step.stage());
    to.set("progress", JSON.valueToTree(step.progress()));
    put(to, "in", counts.in());
    put(to, "out", counts.out());
    to.set("removed", JSON.valueToTree(counts.removed()));
    to.set("events", JSON.valueToTree(counts.events()));
  }

  private static void tell(ObjectNode to, SourceCounts counts) {
    put(to, "read", counts.read());
    put(to, "kept", counts.kept());
    to.put("tokens", counts.tokens());
  }

  private static void put(ObjectNode to, String name, Volume volume) {
    to.put("documents_" + name, volume.documents());
    if (volume.bytes() == StepCounts.UNKNOWN) {
      to.putNull("bytes_" + name);
    } else {
      to.put("bytes_" + name, volume.bytes());
    }
  }
}
