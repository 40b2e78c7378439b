package io.polyspark.model.dl4j;

import io.polyspark.model.optimize.AdamW;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.transformer.ParameterLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts flat vectors into the stretches that the optimizer works on: neighbouring parameters with
 * the same decay together, in pieces short enough that a piece of all four vectors stays in the
 * cache.
 */
final class Stretches {
  private static final long PIECE = 1L << 18;

  private Stretches() {}

  static List<AdamW.Stretch> of(
      Kernels kernels,
      ParameterLayout layout,
      FlatVector parameters,
      FlatVector gradients,
      FlatVector m,
      FlatVector v) {
    List<AdamW.Stretch> stretches = new ArrayList<>();
    List<ParameterLayout.Entry> entries = layout.entries();
    int first = 0;
    while (first < entries.size()) {
      int last = first;
      boolean decays = entries.get(first).decays();
      while (last + 1 < entries.size() && entries.get(last + 1).decays() == decays) {
        last++;
      }
      long end = entries.get(last).offset() + entries.get(last).length();
      for (long at = entries.get(first).offset(); at < end; at += PIECE) {
        long length = Math.min(end - at, PIECE);
        stretches.add(
            new AdamW.Stretch(
                kernels.view(parameters, at, 1, length),
                kernels.view(gradients, at, 1, length),
                kernels.view(m, at, 1, length),
                kernels.view(v, at, 1, length),
                decays ? AdamW.Decay.APPLIES : AdamW.Decay.NONE));
      }
      first = last + 1;
    }
    return stretches;
  }
}
