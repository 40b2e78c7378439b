package io.polyspark.train;

import io.polyspark.model.checkpoint.Environment;
import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.train.metrics.CardMetrics;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.StepMetrics;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkEnv;

/**
 * What one replica reports of one round: its steps, the use of its experts and activations, and
 * where it computed.
 */
final class StepLog implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ArrayList<StepMetrics> steps;
  private final ExpertTally experts;
  private final ArrayList<ActivationHealth> activations;
  private final int threads;
  private final String kernels;
  private final String blasCore;
  private final String jdk;
  private final String host;
  private final String executor;
  private final String gpu;

  /** Null where it computed on a CPU. */
  private final CardMetrics card;

  private final long lastSeen = System.currentTimeMillis();

  /** The log of a replica that has just ended its last step here, in this JVM. */
  StepLog(
      List<StepMetrics> steps,
      ExpertTally experts,
      List<ActivationHealth> activations,
      Environment environment,
      List<String> gpus,
      Optional<CardMetrics> card) {
    this.steps = new ArrayList<>(steps);
    this.experts = experts;
    this.activations = new ArrayList<>(activations);
    this.threads = environment.threadsPerTask();
    this.kernels = environment.kernels();
    this.blasCore = environment.blasCore();
    this.jdk = environment.jdk();
    SparkEnv spark = SparkEnv.get();
    this.host = spark == null ? "" : spark.blockManager().blockManagerId().host();
    this.executor = spark == null ? "" : spark.executorId();
    this.gpu = String.join(",", gpus);
    this.card = card.orElse(null);
  }

  List<StepMetrics> steps() {
    return List.copyOf(steps);
  }

  ExpertTally experts() {
    return experts;
  }

  /** Of each layer, in the round's last step; empty where the replica stopped before that. */
  List<ActivationHealth> activations() {
    return List.copyOf(activations);
  }

  /** What it says of the replica, whose drift is known where replicas are averaged. */
  ReplicaMetrics replica(int number, double drift) {
    double seconds = steps.stream().mapToDouble(StepMetrics::computeSeconds).sum();
    long tokens = steps.stream().mapToLong(StepMetrics::tokens).sum();
    return new ReplicaMetrics(
        number,
        host,
        executor,
        gpu,
        steps.size(),
        seconds > 0 ? tokens / seconds : 0,
        drift,
        lastSeen,
        card);
  }

  /** The name of the executor for a sentence. */
  String where() {
    return executor.isEmpty() ? "this process" : "executor " + executor + " on " + host;
  }

  Environment environment() {
    return new Environment(threads, kernels, blasCore, jdk);
  }
}
