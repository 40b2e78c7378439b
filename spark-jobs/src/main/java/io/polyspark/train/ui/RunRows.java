package io.polyspark.train.ui;

import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.RunStartedEvent;
import io.polyspark.train.metrics.StepMetrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.status.ElementTrackingStore;

/**
 * The rows of one run as they grow. What is kept is bounded, however long the run: some megabytes,
 * or a few times ten where a model has very many layers.
 */
final class RunRows {
  /** Buckets of a curve that has a point per step; up to so many steps are kept one by one. */
  static final int STEP_BUCKETS = 4096;

  /** Buckets of a curve that has a point per round. */
  static final int ROUND_BUCKETS = 2048;

  /** Buckets of a curve of a single replica or coefficient, of which there are many. */
  static final int DETAIL_BUCKETS = 512;

  /** The first so many replicas have curves of their own. */
  static final int MOST_REPLICAS = 16;

  /** The first so many numbers of a parameter have curves. */
  static final int MOST_NUMBERS = 8;

  /** No more numbers than these, of all parameters, have curves. */
  static final int MOST_COEFFICIENTS = 256;

  /** Where more rounds than these have loads of experts, every second is let go. */
  static final int MOST_EXPERT_ROUNDS = 256;

  /** The newest so many notices are kept. */
  static final int MOST_NOTICES = 1000;

  private final ElementTrackingStore store;
  private final RunRow row;
  private final Map<String, Curve> curves = new HashMap<>();
  private final TreeMap<Long, List<StepMetrics>> roundsSteps = new TreeMap<>();
  private int coefficients;

  /**
   * @param run which run of the application this is, from 1
   */
  RunRows(ElementTrackingStore store, int run, RunStartedEvent started) {
    this.store = store;
    this.row = new RunRow(run, started);
  }

  /** What the run's own row will say. */
  RunRow row() {
    return row;
  }

  /** Takes the steps of a replica; they are drawn when the round says where it ended. */
  void take(List<StepMetrics> steps) {
    for (StepMetrics step : steps) {
      roundsSteps.computeIfAbsent(step.step(), key -> new ArrayList<>()).add(step);
    }
  }

  void take(RoundMetrics round) {
    row.take(round);
    drawSteps(round.tokensSeen());
    Measures.ROUND.forEach(
        (name, measure) ->
            draw(
                name,
                ROUND_BUCKETS,
                round.step(),
                round.tokensSeen(),
                measure.applyAsDouble(round)));
    drawCoefficients(round);
    for (ReplicaMetrics replica : round.replicas()) {
      store.write(new ReplicaRow(row.run, round.round(), replica));
    }
    if (!round.experts().isEmpty()) {
      keepExperts(round);
    }
  }

  void take(Notice notice) {
    store.write(new NoticeRow(NoticeRow.key(row.run, row.notices), notice));
    row.notices++;
    if (row.notices > MOST_NOTICES) {
      store.delete(NoticeRow.class, NoticeRow.key(row.run, row.notices - MOST_NOTICES - 1));
    }
  }

  /** Writes what has changed of the curves and of the run's own row. */
  void write() {
    curves.forEach(
        (name, curve) -> {
          row.curves.put(name, curve.blocks());
          curve.writeChanges(
              (block, buckets) ->
                  store.write(new CurveRow(CurveRow.key(row.run, name, block), buckets)));
        });
    row.revision++;
    store.write(row.copy());
  }

  /** Takes every row out of the store again. */
  void delete() {
    row.curves.forEach(
        (name, blocks) -> {
          for (int block = 0; block < blocks; block++) {
            store.delete(CurveRow.class, CurveRow.key(row.run, name, block));
          }
        });
    row.expertRounds.forEach(
        round -> store.delete(ExpertsRow.class, ExpertsRow.key(row.run, round)));
    for (long kept = Math.max(0, row.notices - MOST_NOTICES); kept < row.notices; kept++) {
      store.delete(NoticeRow.class, NoticeRow.key(row.run, kept));
    }
    store.removeAllByIndexValues(ReplicaRow.class, "run", List.of(row.run));
    store.delete(RunRow.class, row.run);
  }

  /** A step lies where the tokens of all replicas' steps up to it end. */
  private void drawSteps(long tokensSeen) {
    long tokens = tokensSeen;
    for (List<StepMetrics> step : roundsSteps.values()) {
      tokens -= tokensOf(step);
    }
    for (Map.Entry<Long, List<StepMetrics>> entry : roundsSteps.entrySet()) {
      List<StepMetrics> replicas = entry.getValue();
      long step = entry.getKey();
      long end = tokens + tokensOf(replicas);
      tokens = end;
      Measures.STEP.forEach(
          (name, measure) ->
              draw(
                  name,
                  STEP_BUCKETS,
                  step,
                  end,
                  replicas.stream().mapToDouble(measure).average().orElse(Double.NaN)));
      for (StepMetrics replica : replicas) {
        if (replica.replica() < MOST_REPLICAS) {
          draw(Measures.lossOf(replica.replica()), DETAIL_BUCKETS, step, end, replica.loss());
        }
      }
    }
    roundsSteps.clear();
  }

  private static long tokensOf(List<StepMetrics> replicas) {
    return replicas.stream().mapToLong(StepMetrics::tokens).sum();
  }

  private void drawCoefficients(RoundMetrics round) {
    round
        .coefficients()
        .forEach(
            (parameter, values) -> {
              for (int i = 0; i < Math.min(values.length, MOST_NUMBERS); i++) {
                String name = Measures.coefficient(parameter, i);
                if (curves.containsKey(name) || coefficients++ < MOST_COEFFICIENTS) {
                  draw(name, DETAIL_BUCKETS, round.step(), round.tokensSeen(), values[i]);
                }
              }
            });
  }

  private void draw(String name, int most, long step, long tokens, double value) {
    if (Double.isFinite(value)) {
      curves.computeIfAbsent(name, key -> new Curve(most)).add(step, tokens, value);
    }
  }

  private void keepExperts(RoundMetrics round) {
    List<Integer> rounds = row.expertRounds;
    if (rounds.size() == MOST_EXPERT_ROUNDS) {
      for (int i = rounds.size() - 1; i > 0; i -= 2) {
        store.delete(ExpertsRow.class, ExpertsRow.key(row.run, rounds.remove(i)));
      }
    }
    rounds.add(round.round());
    store.write(new ExpertsRow(ExpertsRow.key(row.run, round.round()), round.experts()));
  }
}
