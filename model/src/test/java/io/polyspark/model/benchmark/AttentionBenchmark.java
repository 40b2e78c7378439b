package io.polyspark.model.benchmark;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** Causal attention of 6 heads of 64 between its linear layers, and its gradient. */
public class AttentionBenchmark extends KernelBenchmark {
  private static final AttentionShape SHAPE =
      new AttentionShape(
          SEQUENCES,
          POSITIONS,
          SMALL.numAttentionHeads(),
          SMALL.numKeyValueHeads(),
          SMALL.headSize());

  private Tensor q;
  private Tensor k;
  private Tensor v;
  private Tensor kept;
  private Tensor out;
  private Tensor dOut;
  private Tensor dQ;
  private Tensor dK;
  private Tensor dV;

  @Override
  void prepare() {
    q = uniform(ROWS, SMALL.hiddenSize());
    k = uniform(ROWS, SMALL.keyValueSize());
    v = uniform(ROWS, SMALL.keyValueSize());
    int keptPerRow = kernels().attentionKeptPerRow(SHAPE);
    kept = keptPerRow > 0 ? zeros(ROWS, keptPerRow) : null;
    out = zeros(ROWS, SMALL.hiddenSize());
    dOut = uniform(ROWS, SMALL.hiddenSize());
    dQ = zeros(ROWS, SMALL.hiddenSize());
    dK = zeros(ROWS, SMALL.keyValueSize());
    dV = zeros(ROWS, SMALL.keyValueSize());
  }

  /**
   * Products of the pairs that the mask leaves: two forward; five backward, which computes the
   * scores again.
   */
  @Override
  Work work(String method) {
    double pairs = SEQUENCES * SHAPE.heads() * POSITIONS * (POSITIONS + 1) / 2.0;
    int products = method.equals("attention") ? 2 : 2 + 5;
    return Work.flops(2 * products * pairs * SHAPE.headSize());
  }

  @Benchmark
  public void attention() {
    kernels().attention(q, k, v, SHAPE, kept, out);
  }

  /** Both, since the gradient may use up what the forward pass kept. */
  @Benchmark
  public void attentionAndGradient() {
    kernels().attention(q, k, v, SHAPE, kept, out);
    kernels().attentionGradient(q, k, v, out, dOut, SHAPE, kept, dQ, dK, dV);
  }
}
