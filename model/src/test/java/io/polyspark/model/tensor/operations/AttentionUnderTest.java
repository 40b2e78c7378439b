package io.polyspark.model.tensor.operations;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;

/** Rotary positions and attention, forward and backward. */
final class AttentionUnderTest {
  private static final double THETA = 10000;

  private final InputsAndResults data;
  private final Kernels kernels;
  private final AttentionShape shape;

  AttentionUnderTest(InputsAndResults data, AttentionShape shape) {
    this.data = data;
    this.kernels = data.kernels();
    this.shape = shape;
  }

  void run() {
    int rows = shape.sequences() * shape.positions();
    int width = shape.heads() * shape.headSize();
    int keyWidth = shape.keyValueHeads() * shape.headSize();
    Tensor q = data.normal(rows, width);
    Tensor k = data.normal(rows, keyWidth);
    Tensor v = data.normal(rows, keyWidth);
    kernels.rotary(q, shape.positions(), shape.headSize(), THETA);
    data.keep("rotary", q);
    int keptPerRow = kernels.attentionKeptPerRow(shape);
    Tensor kept = keptPerRow > 0 ? data.unset(rows, keptPerRow) : null;
    Tensor out = data.unset(rows, width);
    kernels.attention(q, k, v, shape, kept, out);
    data.keep("attention", out);
    if (shape.sequences() == 1) {
      int positions = shape.positions();
      cached("first", q, k, v, 0, 1);
      cached("last", q, k, v, positions - 1, positions);
      cached("some", q, k, v, positions / 3, positions - positions / 4);
    }
    Tensor dOut = data.uniform(rows, width);
    Tensor dQ = data.unset(rows, width);
    Tensor dK = data.unset(rows, keyWidth);
    Tensor dV = data.unset(rows, keyWidth);
    kernels.attentionGradient(q, k, v, out, dOut, shape, kept, dQ, dK, dV);
    data.keep("attentionGradient.dQ", dQ);
    data.keep("attentionGradient.dK", dK);
    data.keep("attentionGradient.dV", dV);
    kernels.rotaryGradient(dQ, shape.positions(), shape.headSize(), THETA);
    data.keep("rotaryGradient", dQ);
  }

  /** Of positions [from, to). */
  private void cached(String name, Tensor q, Tensor k, Tensor v, int from, int to) {
    Tensor queries = data.unset(to - from, Math.toIntExact(q.columns()));
    kernels.copy(kernels.rows(q, from, to), queries);
    Tensor out = data.unset(to - from, Math.toIntExact(q.columns()));
    kernels.cachedAttention(queries, k, v, shape, from, out);
    data.keep("cachedAttention, " + name, out);
    kernels.rotaryFrom(queries, from, shape.positions(), shape.headSize(), THETA);
    data.keep("rotaryFrom, " + name, queries);
  }
}
