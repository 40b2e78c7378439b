package io.polyspark.train;

import io.polyspark.model.checkpoint.Environment;
import io.polyspark.train.metrics.StepMetrics;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** What one replica reports of one round: its steps, its experts' use, and where it computed. */
final class StepLog implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ArrayList<StepMetrics> steps;
  private final ExpertTally experts;
  private final int threads;
  private final String kernels;
  private final String blasCore;
  private final String jdk;

  StepLog(List<StepMetrics> steps, ExpertTally experts, Environment environment) {
    this.steps = new ArrayList<>(steps);
    this.experts = experts;
    this.threads = environment.threadsPerTask();
    this.kernels = environment.kernels();
    this.blasCore = environment.blasCore();
    this.jdk = environment.jdk();
  }

  List<StepMetrics> steps() {
    return List.copyOf(steps);
  }

  ExpertTally experts() {
    return experts;
  }

  Environment environment() {
    return new Environment(threads, kernels, blasCore, jdk);
  }
}
