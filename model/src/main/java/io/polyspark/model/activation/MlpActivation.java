package io.polyspark.model.activation;

import java.util.List;

/**
 * What happens between the MLP's up and down projections. There are two kinds today, {@link
 * ElementActivation} (F -> F) and {@link GateActivation} (2F -> F). A new one is one class, one
 * line in {@link Activations}, and its golden case.
 */
public interface MlpActivation {
  /**
   * A trained vector of the activation, one per layer.
   *
   * @param name the last part of its name in a checkpoint: {@code weight}, {@code bias}
   * @param initial its initial values
   */
  record Coefficients(String name, List<Double> initial) {
    /** Copies the list. */
    public Coefficients {
      initial = List.copyOf(initial);
    }
  }

  /** The value of {@code hidden_act}. */
  String name();

  /** The trained vectors, none by default. */
  default List<Coefficients> coefficients() {
    return List.of();
  }

  /** The number of tensors [rows, 1] that the forward pass keeps for the backward pass. */
  default int keptPerRow() {
    return 0;
  }

  /** The number of tensors [rows, F] that its passes work in. */
  default int scratchTensors() {
    return 0;
  }

  /** Whether a second projection, the gate, feeds it. */
  default boolean isGate() {
    return this instanceof GateActivation;
  }
}
