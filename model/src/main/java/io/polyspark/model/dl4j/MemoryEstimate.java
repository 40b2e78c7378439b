package io.polyspark.model.dl4j;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsProvider;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.model.transformer.Parameters;

/**
 * The native memory that a replica in float32 takes at its peak, in bytes, known without taking it:
 * the plan that hands out a replica's memory is asked for the same tensors and counts them. {@code
 * docs/training.md} spells the sums out.
 *
 * @param parameters of the model, and on a card their copies that products read
 * @param gradients as many, for training
 * @param moments of AdamW, twice as many, for training
 * @param keptActivations what each layer's forward pass leaves for its gradient; grows with layers,
 *     batch and context
 * @param sharedActivations what one layer after the other works in, and the batch itself
 * @param scratch what the kernels take for themselves
 */
public record MemoryEstimate(
    long parameters,
    long gradients,
    long moments,
    long keptActivations,
    long sharedActivations,
    long scratch) {

  /**
   * Counts the memory of a replica.
   *
   * @param batch B, sequences
   * @param context T, tokens of each
   * @param options what is recomputed need not be kept
   */
  public static MemoryEstimate of(
      ModelConfig config,
      int batch,
      int context,
      MemoryPlan.Purpose purpose,
      ComputeOptions options) {
    boolean training = purpose == MemoryPlan.Purpose.TRAINING;
    ParameterLayout layout = ParameterLayout.of(config);
    MemoryPlan plan = MemoryPlan.counting(purpose);
    Parameters none = Parameters.of(layout, entry -> null);
    try (Kernels kernels =
        KernelsProvider.createQuietly(Precision.FLOAT32, options.dtype(), options.device())) {
      BatchPass pass = new BatchPass(config, options, kernels, plan, batch, context, none, none);
      if (!training) {
        pass.reserveSelection();
      }
      AttentionShape shape =
          new AttentionShape(
              batch,
              context,
              config.numAttentionHeads(),
              config.numKeyValueHeads(),
              config.headSize());
      long vector = Float.BYTES * layout.length();
      return new MemoryEstimate(
          vector + kernels.bytesOfCopies(layout.length()),
          training ? vector : 0,
          training ? 2 * vector : 0,
          plan.keptBytes(kernels),
          plan.sharedBytes(kernels),
          kernels.scratchBytes(
              shape,
              config.hiddenSize(),
              config.intermediateSize(),
              (long) batch * context * config.mlpsPerToken(),
              config.vocabSize()));
    }
  }

  /** All of it. */
  public long total() {
    return parameters + gradients + moments + activations();
  }

  /** What a smaller batch or context makes smaller. */
  public long activations() {
    return keptActivations + sharedActivations + scratch;
  }
}
