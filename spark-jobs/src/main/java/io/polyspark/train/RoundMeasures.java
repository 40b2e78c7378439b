package io.polyspark.train;

import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.train.averaging.ChunkedVector;
import io.polyspark.train.averaging.RoundResult;
import io.polyspark.train.averaging.RoundTimings;
import io.polyspark.train.metrics.ExpertMetrics;
import io.polyspark.train.metrics.HealthMetrics;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What the replicas' reports say of a round.
 *
 * @param result the round
 */
record RoundMeasures(RoundResult<StepLog> result) {
  /** Each replica's steps, in replica order. */
  List<List<StepMetrics>> steps() {
    return result.replicas().stream().map(report -> report.metrics().steps()).toList();
  }

  /** How many steps each replica took, in replica order. */
  List<Integer> stepsTaken() {
    return steps().stream().map(List::size).toList();
  }

  /** The mean over all steps of all replicas, nats per token. */
  double loss() {
    return steps().stream()
        .flatMap(List::stream)
        .mapToDouble(StepMetrics::loss)
        .average()
        .orElse(Double.NaN);
  }

  /**
   * The round's record.
   *
   * @param layout of the model
   * @param validation the loss of the averaged model, where it was measured
   * @param tokensBefore tokens seen before the round
   * @param tokensSeen tokens seen after it
   * @param seconds its wall time
   * @param checkpointSeconds what a checkpoint took of it
   * @param health how well it went
   */
  RoundMetrics metrics(
      ParameterLayout layout,
      OptionalDouble validation,
      long tokensBefore,
      long tokensSeen,
      double seconds,
      double checkpointSeconds,
      HealthMetrics health) {
    RoundTimings timings = result.timings();
    return new RoundMetrics(
        result.next().round(),
        result.next().completedSteps(),
        stepsTaken(),
        loss(),
        validation,
        tokensSeen,
        seconds,
        timings.computeSeconds(),
        timings.averageSeconds(),
        timings.waitSeconds(),
        timings.broadcastSeconds(),
        checkpointSeconds,
        result.traffic().sentBytes(),
        result.traffic().broadcastBytes(),
        1 - slowestSteps() / seconds,
        (tokensSeen - tokensBefore) / seconds,
        coefficients(layout, result.next().parameters()),
        experts(),
        health,
        System.currentTimeMillis(),
        replicas());
  }

  private List<ReplicaMetrics> replicas() {
    return result.replicas().stream()
        .map(
            report ->
                report.metrics().replica(report.replica(), result.drift().get(report.replica())))
        .toList();
  }

  /** The seconds that the steps took of the replica that needed longest for them. */
  private double slowestSteps() {
    return steps().stream()
        .mapToDouble(steps -> steps.stream().mapToDouble(StepMetrics::computeSeconds).sum())
        .max()
        .orElse(0);
  }

  /** How well it went, by a watch that knows the rounds before. */
  HealthMetrics health(HealthWatch watch) {
    return watch.measure(
        steps(),
        result.replicas().stream().map(report -> report.metrics().activations()).toList(),
        experts());
  }

  private List<ExpertMetrics> experts() {
    ExpertTally all = new ExpertTally();
    result.replicas().forEach(report -> all.add(report.metrics().experts()));
    return all.metrics();
  }

  /** The trained numbers of the activations, by the parameter's name. */
  private static Map<String, double[]> coefficients(
      ParameterLayout layout, ChunkedVector parameters) {
    Map<String, double[]> coefficients = new LinkedHashMap<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
      if (entry.isActivationCoefficients()) {
        float[] values = new float[Math.toIntExact(entry.length())];
        parameters.read(entry.offset(), values, 0, values.length);
        double[] numbers = new double[values.length];
        for (int i = 0; i < values.length; i++) {
          numbers[i] = values[i];
        }
        coefficients.put(entry.name(), numbers);
      }
    }
    return coefficients;
  }
}
