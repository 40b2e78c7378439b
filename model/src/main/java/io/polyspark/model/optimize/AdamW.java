package io.polyspark.model.optimize;

import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import java.util.List;

/**
 * AdamW (arXiv 1711.05101) with clipping by global norm and a schedule, over the flat vectors of a
 * model. The step count is explicit: it decides the learning rate and the correction of the
 * moments' bias.
 */
public final class AdamW {
  /** As in PyTorch's clip_grad_norm_. */
  private static final double CLIP_EPS = 1e-6;

  /** A stretch of the flat vectors. */
  public record Stretch(Tensor parameter, Tensor gradient, Tensor m, Tensor v, Decay decay) {}

  /** Whether weight decay applies. */
  public enum Decay {
    /** To matrices. */
    APPLIES,
    /** To vectors: norms, coefficients. */
    NONE
  }

  /**
   * What a step did.
   *
   * @param gradientNorm the global norm before clipping
   */
  public record Result(double gradientNorm, double learningRate) {}

  private final Kernels kernels;
  private final AdamWConfig config;
  private final LearningRate learningRate;
  private final List<Stretch> stretches;
  private final List<Tensor> gradients;

  /**
   * @param stretches the whole model, each element once
   */
  public AdamW(
      Kernels kernels, AdamWConfig config, LearningRate learningRate, List<Stretch> stretches) {
    this.kernels = kernels;
    this.config = config;
    this.learningRate = learningRate;
    this.stretches = List.copyOf(stretches);
    stretches.stream()
        .filter(stretch -> stretch.decay() == Decay.APPLIES)
        .forEach(stretch -> kernels.willStep(stretch.parameter()));
    this.gradients = stretches.stream().map(Stretch::gradient).toList();
  }

  /**
   * Takes a step with the gradients as they are, which it uses up. Where their norm is not finite
   * nothing changes.
   *
   * @param completedSteps steps taken before
   */
  public Result step(long completedSteps) {
    double norm = globalNorm();
    double rate = learningRate.at(completedSteps);
    if (!Double.isFinite(norm)) {
      return new Result(norm, rate);
    }
    double scale = config.clipNorm() > 0 ? Math.min(1, config.clipNorm() / (norm + CLIP_EPS)) : 1;
    AdamWStep plain =
        new AdamWStep(
            scale, 1, rate, config.beta1(), config.beta2(), config.eps(), completedSteps + 1);
    AdamWStep decaying = plain.withParameterScale(1 - rate * config.weightDecay());
    for (Stretch stretch : stretches) {
      kernels.adamW(
          stretch.parameter(),
          stretch.gradient(),
          stretch.m(),
          stretch.v(),
          stretch.decay() == Decay.APPLIES ? decaying : plain);
    }
    return new Result(norm, rate);
  }

  private double globalNorm() {
    return Math.sqrt(kernels.squares(gradients));
  }
}
