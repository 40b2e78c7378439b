package io.polyspark.model.optimize;

/**
 * Hyper-parameters of AdamW (arXiv 1711.05101) with its schedule and clipping.
 *
 * @param lr the learning rate after warm-up
 * @param minLr the learning rate at the end of the cosine
 * @param warmupSteps steps of linear warm-up
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param eps added to the root of the second moment
 * @param weightDecay decoupled decay, on matrices only
 * @param clipNorm the largest global norm of a gradient; 0 for no clipping
 */
public record AdamWConfig(
    double lr,
    double minLr,
    long warmupSteps,
    double beta1,
    double beta2,
    double eps,
    double weightDecay,
    double clipNorm) {}
