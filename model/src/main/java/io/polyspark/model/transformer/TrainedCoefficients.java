package io.polyspark.model.transformer;

import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import java.util.List;

/**
 * The few trained numbers of a layer's activation, between their tensors and the array in which the
 * activation has them.
 */
final class TrainedCoefficients {
  private final Kernels kernels;
  private final MlpActivation activation;
  private final Names names;
  private final int count;

  TrainedCoefficients(Kernels kernels, MlpActivation activation, Names names) {
    this.kernels = kernels;
    this.activation = activation;
    this.names = names;
    this.count = activation.coefficients().stream().mapToInt(c -> c.initial().size()).sum();
  }

  /** The vectors where they are. */
  List<Tensor> tensors(Parameters of) {
    return activation.coefficients().stream()
        .map(vector -> of.get(names.activation(vector.name())))
        .toList();
  }

  /** The vectors one after the other. */
  double[] read(Parameters from) {
    double[] all = new double[count];
    int at = 0;
    for (MlpActivation.Coefficients vector : activation.coefficients()) {
      double[] values = new double[vector.initial().size()];
      kernels.download(from.get(names.activation(vector.name())), values);
      System.arraycopy(values, 0, all, at, values.length);
      at += values.length;
    }
    return all;
  }

  /** Adds numbers to the vectors, in the order of {@link #read}. */
  void add(double[] values, Parameters into) {
    int at = 0;
    for (MlpActivation.Coefficients vector : activation.coefficients()) {
      Tensor tensor = into.get(names.activation(vector.name()));
      for (int i = 0; i < vector.initial().size(); i++) {
        kernels.add(values[at++], tensor, i);
      }
    }
  }
}
