package io.polyspark.model.activation;

import io.polyspark.model.tensor.Tensor;
import java.util.List;

/**
 * Tensors that an activation may use; the caller owns them.
 *
 * @param perRow as many tensors [rows, 1] as {@link MlpActivation#keptPerRow} asks for: the forward
 *     pass fills them, the backward pass of the same layer reads them
 * @param rowScratch as many again, with nothing in them
 * @param scratch as many tensors [rows, F] as {@link MlpActivation#scratchTensors} asks for, with
 *     nothing in them
 */
public record ActivationMemory(List<Tensor> perRow, List<Tensor> rowScratch, List<Tensor> scratch) {
  /** Copies the lists. */
  public ActivationMemory {
    perRow = List.copyOf(perRow);
    rowScratch = List.copyOf(rowScratch);
    scratch = List.copyOf(scratch);
  }
}
