package io.polyspark.model.dl4j;

import io.polyspark.model.optimize.AdamW;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.transformer.ParameterLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts flat vectors into the stretches that the optimizer works on: neighbouring parameters with
 * the same decay together, in pieces of the length that the kernels like.
 */
final class Stretches {
  private Stretches() {}

  static List<AdamW.Stretch> of(Kernels kernels, ParameterLayout layout, ReplicaVectors vectors) {
    List<AdamW.Stretch> stretches = new ArrayList<>();
    long piece = kernels.adamWPiece();
    List<ParameterLayout.Entry> entries = layout.entries();
    int first = 0;
    while (first < entries.size()) {
      int last = first;
      boolean decays = entries.get(first).decays();
      while (last + 1 < entries.size() && entries.get(last + 1).decays() == decays) {
        last++;
      }
      long end = entries.get(last).offset() + entries.get(last).length();
      for (long at = entries.get(first).offset(); at < end; at += piece) {
        long length = Math.min(end - at, piece);
        stretches.add(
            new AdamW.Stretch(
                kernels.view(vectors.parameters(), at, 1, length),
                kernels.view(vectors.gradients(), at, 1, length),
                kernels.view(vectors.firstMoment(), at, 1, length),
                kernels.view(vectors.secondMoment(), at, 1, length),
                decays ? AdamW.Decay.APPLIES : AdamW.Decay.NONE));
      }
      first = last + 1;
    }
    return stretches;
  }
}
