package io.polyspark.train.ui;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What the page's scripts are told, as JSON; its keys are those of {@code metrics.jsonl}. */
final class Answer {
  /** A page has no room for more. */
  private static final int MOST_NOTICES = 200;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final TrainingRows rows;

  Answer(TrainingRows rows) {
    this.rows = rows;
  }

  /** All that was asked for, or only the revision where the page has it already. */
  ObjectNode to(Parameters asked) {
    ObjectNode answer = JSON.createObjectNode();
    rows.run(asked.run())
        .ifPresent(
            run -> {
              answer.put("revision", run.revision);
              if (run.revision != asked.known()) {
                tell(answer, run, asked);
              }
            });
    return answer;
  }

  private void tell(ObjectNode answer, RunRow run, Parameters asked) {
    tellState(answer.putObject("run"), run);
    ArrayNode names = answer.putArray("names");
    run.curves.keySet().forEach(names::add);
    ObjectNode curves = answer.putObject("curves");
    for (String name : asked.curves()) {
      if (run.curves.containsKey(name)) {
        tellCurve(curves.putObject(name), rows.curve(run, name).atMost(asked.points()));
      }
    }
    tellExperts(answer, run, asked.round());
    ArrayNode replicas = answer.putArray("replicas");
    for (ReplicaRow row : rows.replicas(run)) {
      replicas.add(JSON.<ObjectNode>valueToTree(row.metrics).put("round", row.round));
    }
    answer.put("notice_count", run.notices);
    answer.set("notices", JSON.valueToTree(rows.notices(run, MOST_NOTICES)));
  }

  private static void tellState(ObjectNode to, RunRow run) {
    to.put("run", run.run)
        .put("state", run.state())
        .put("failure", run.ended == null ? "" : run.ended.failure())
        .put("started", run.started.time())
        .put("ended", run.ended == null ? run.applicationEnded : run.ended.time())
        .put("round", run.round)
        .put("step", run.step)
        .put("total_steps", run.started.totalSteps())
        .put("tokens_seen", run.tokens)
        .put("time", run.time);
    putNumber(to, "loss", run.loss);
    putNumber(to, "validation_loss", run.validationLoss);
    putNumber(to, "tokens_per_second", run.tokensPerSecond);
    putNumber(to, "seconds_left", run.secondsLeft());
  }

  private static void tellCurve(ObjectNode to, Buckets buckets) {
    ArrayNode step = to.putArray("step");
    ArrayNode tokens = to.putArray("tokens");
    ArrayNode mean = to.putArray("mean");
    ArrayNode minimum = to.putArray("min");
    ArrayNode maximum = to.putArray("max");
    for (int i = 0; i < buckets.size(); i++) {
      step.add(buckets.step(i));
      tokens.add(buckets.tokens(i));
      mean.add(buckets.mean(i));
      minimum.add(buckets.minimum(i));
      maximum.add(buckets.maximum(i));
    }
  }

  private void tellExperts(ObjectNode answer, RunRow run, int asked) {
    List<Integer> rounds = run.expertRounds;
    if (rounds.isEmpty()) {
      return;
    }
    int round = rounds.contains(asked) ? asked : rounds.get(rounds.size() - 1);
    ObjectNode experts = answer.putObject("experts");
    experts.set("rounds", JSON.valueToTree(rounds));
    experts.put("round", round);
    experts.set("layers", JSON.valueToTree(rows.experts(run, round)));
  }

  private static void putNumber(ObjectNode to, String name, double value) {
    if (Double.isFinite(value)) {
      to.put(name, value);
    } else {
      to.putNull(name);
    }
  }
}
