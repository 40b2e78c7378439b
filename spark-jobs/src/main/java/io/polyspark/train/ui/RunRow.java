package io.polyspark.train.ui;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonIgnore;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.RunEndedEvent;
import io.polyspark.train.metrics.RunStartedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.util.kvstore.KVIndex;

/**
 * A run, or the part of it that this application computes, in Spark's store: what it is, how far it
 * is, and what else the store has of it. Once written it is not changed; {@link #copy} is.
 */
@JsonAutoDetect(
    fieldVisibility = JsonAutoDetect.Visibility.ANY,
    getterVisibility = JsonAutoDetect.Visibility.NONE,
    isGetterVisibility = JsonAutoDetect.Visibility.NONE)
final class RunRow {
  /** Which run of this application, from 1. */
  @KVIndex int run;

  /** Grows with everything that is taken in. */
  long revision;

  RunStartedEvent started;
  RunEndedEvent ended;

  /** When the application ended; 0 while it goes on, as far as the events say. */
  long applicationEnded;

  int round;
  long step;
  long tokens;
  double loss = Double.NaN;
  double validationLoss = Double.NaN;
  double tokensPerSecond = Double.NaN;

  /** When the newest round was recorded, milliseconds since 1970. */
  long time;

  /** Wall time of this application's rounds. */
  double seconds;

  /** Blocks of each curve, by its name. */
  Map<String, Integer> curves = new TreeMap<>();

  /** The rounds whose {@link ExpertsRow} is kept. */
  List<Integer> expertRounds = new ArrayList<>();

  /** How many notices there were; the newest are kept. */
  long notices;

  RunRow() {}

  RunRow(int run, RunStartedEvent started) {
    this.run = run;
    this.started = started;
    this.round = started.finishedRound();
    this.step = started.completedSteps();
  }

  /** One that changes no more. */
  RunRow copy() {
    RunRow copy = new RunRow(run, started);
    copy.revision = revision;
    copy.ended = ended;
    copy.applicationEnded = applicationEnded;
    copy.round = round;
    copy.step = step;
    copy.tokens = tokens;
    copy.loss = loss;
    copy.validationLoss = validationLoss;
    copy.tokensPerSecond = tokensPerSecond;
    copy.time = time;
    copy.seconds = seconds;
    copy.curves = new TreeMap<>(curves);
    copy.expertRounds = new ArrayList<>(expertRounds);
    copy.notices = notices;
    return copy;
  }

  void take(RoundMetrics metrics) {
    round = metrics.round();
    step = metrics.step();
    tokens = metrics.tokensSeen();
    loss = metrics.loss();
    validationLoss = metrics.validationLoss().orElse(validationLoss);
    tokensPerSecond = metrics.tokensPerSecond();
    time = metrics.time();
    seconds += metrics.seconds();
  }

  /** One word for what became of the run: running, ended, failed or interrupted. */
  @JsonIgnore
  String state() {
    if (ended != null) {
      return ended.failure().isEmpty() ? "ended" : "failed";
    }
    return applicationEnded == 0 ? "running" : "interrupted";
  }

  /** What the steps that are left will take at the mean pace so far; NaN where nobody can say. */
  @JsonIgnore
  double secondsLeft() {
    long taken = step - started.completedSteps();
    return state().equals("running") && taken > 0
        ? seconds / taken * (started.totalSteps() - step)
        : Double.NaN;
  }
}
