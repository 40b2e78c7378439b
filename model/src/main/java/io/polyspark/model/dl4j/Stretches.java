package io.polyspark.model.dl4j;

import io.polyspark.model.optimize.AdamW;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.nd4j.Nd4jTensor;
import io.polyspark.model.transformer.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Cuts flat vectors into the stretches that the optimizer works on: neighbouring parameters with
 * the same decay together, in pieces short enough that a piece of all four vectors stays in the
 * cache.
 */
final class Stretches {
  private static final long PIECE = 1L << 18;

  private Stretches() {}

  static List<AdamW.Stretch> of(
      ParameterLayout layout, INDArray parameters, INDArray gradients, INDArray m, INDArray v) {
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
        long stop = Math.min(end, at + PIECE);
        stretches.add(
            new AdamW.Stretch(
                piece(parameters, at, stop),
                piece(gradients, at, stop),
                piece(m, at, stop),
                piece(v, at, stop),
                decays ? AdamW.Decay.APPLIES : AdamW.Decay.NONE));
      }
      first = last + 1;
    }
    return stretches;
  }

  private static Tensor piece(INDArray flat, long from, long to) {
    INDArray view = flat.reshape(flat.length()).get(NDArrayIndex.interval(from, to));
    return Nd4jTensor.view(view, 1, to - from);
  }
}
