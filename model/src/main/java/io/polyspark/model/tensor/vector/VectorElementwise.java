package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.VectorTensor.vector;

import io.polyspark.model.tensor.Elementwise;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Tensor;
import java.nio.ByteBuffer;

/** {@link Elementwise} by loops on all threads. */
class VectorElementwise implements Elementwise {
  final Workers workers;
  final Rows rows;
  final Spans spans;

  VectorElementwise(Workers workers) {
    this.workers = workers;
    this.rows = new Rows(workers);
    this.spans = new Spans(workers);
  }

  /** A loop over as many bytes of an input and an output, as in {@link Arithmetic}. */
  private interface Loop {
    void run(ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes);
  }

  /** One that works in a {@link Lanes#scratch}. */
  private interface BlockLoop {
    void run(ByteBuffer a, int aAt, ByteBuffer out, int outAt, int bytes, float[] scratch);
  }

  private void forEach(Tensor a, Tensor out, Loop loop) {
    forEachBlock(a, out, (x, xAt, y, yAt, bytes, scratch) -> loop.run(x, xAt, y, yAt, bytes));
  }

  private void forEachBlock(Tensor a, Tensor out, BlockLoop loop) {
    VectorTensor input = vector(a);
    VectorTensor output = vector(out);
    spans.forEach(
        output,
        (part, slab, from, to) ->
            loop.run(
                input.slab(slab), from, output.slab(slab), from, to - from, rows.scratch(part)));
  }

  @Override
  public void copy(Tensor from, Tensor to) {
    if (from != to) {
      forEach(from, to, Arithmetic::copy);
    }
  }

  @Override
  public void fill(Tensor out, double value) {
    forEach(out, out, (a, aAt, to, at, bytes) -> Arithmetic.fill((float) value, to, at, bytes));
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    VectorTensor left = vector(a);
    VectorTensor right = vector(b);
    VectorTensor product = vector(out);
    spans.forEach(
        product,
        (part, slab, from, to) ->
            Arithmetic.multiply(
                left.slab(slab),
                from,
                right.slab(slab),
                from,
                product.slab(slab),
                from,
                to - from));
  }

  @Override
  public void addScaled(Tensor a, double factor, Tensor into) {
    forEach(
        a,
        into,
        (x, xAt, out, at, bytes) -> Arithmetic.addScaled(x, xAt, (float) factor, out, at, bytes));
  }

  @Override
  public void scaleAndShift(Tensor a, double factor, double summand, Tensor out) {
    forEach(
        a,
        out,
        (x, xAt, y, yAt, bytes) ->
            Arithmetic.scaleAndShift(x, xAt, (float) factor, (float) summand, y, yAt, bytes));
  }

  @Override
  public void scaleRows(Tensor a, Tensor perRow, Tensor out) {
    rows.split(
        vector(out),
        (part, from, to) -> RowScaling.scaleRows(vector(a), vector(perRow), vector(out), from, to));
  }

  @Override
  public void shiftRows(Tensor perRow, Tensor into) {
    rows.split(
        vector(into),
        (part, from, to) -> RowScaling.shiftRows(vector(perRow), vector(into), from, to));
  }

  @Override
  public void scaleColumns(Tensor a, Tensor perColumn, Tensor out) {
    rows.split(
        vector(out),
        (part, from, to) ->
            RowScaling.scaleColumns(vector(a), vector(perColumn), vector(out), from, to));
  }

  @Override
  public void sumOverColumns(Tensor a, Tensor perRow) {
    VectorTensor summed = vector(a);
    VectorTensor sums = vector(perRow);
    rows.split(
        summed,
        (part, from, to) -> {
          for (long row = from; row < to; row++) {
            int offset = summed.offset(row);
            double sum =
                Sums.sum(
                    summed.buffer(row), offset, offset + summed.rowBytes(), rows.scratch(part));
            sums.set(row, (float) sum);
          }
        });
  }

  @Override
  public void rowDots(Tensor a, Tensor b, Tensor perRow) {
    VectorTensor left = vector(a);
    VectorTensor right = vector(b);
    VectorTensor dots = vector(perRow);
    rows.split(
        left,
        (part, from, to) -> {
          for (long row = from; row < to; row++) {
            // Tensors of one shape lie in their buffers alike.
            int begin = left.offset(row);
            double dot =
                Sums.dot(
                    left.buffer(row),
                    right.buffer(row),
                    begin,
                    begin + left.rowBytes(),
                    rows.scratch(part));
            dots.set(row, (float) dot);
          }
        });
  }

  @Override
  public void sumOverRows(Tensor a, Tensor perColumn, Into into) {
    VectorTensor summed = vector(a);
    int parts = rows.parts(summed);
    workers.run(
        parts,
        part -> {
          int from = (int) Workers.begin(summed.columns(), part, parts, Lanes.COUNT);
          int to = (int) Workers.begin(summed.columns(), part + 1, parts, Lanes.COUNT);
          ColumnSums.sum(summed, vector(perColumn), into, from * Float.BYTES, to * Float.BYTES);
        });
  }

  @Override
  public double dot(Tensor a, Tensor b) {
    VectorTensor left = vector(a);
    VectorTensor right = vector(b);
    double[] sums = new double[spans.parts(left)];
    spans.forEach(
        left,
        (part, slab, from, to) ->
            sums[part] +=
                Sums.dot(left.slab(slab), right.slab(slab), from, to, rows.scratch(part)));
    return total(sums);
  }

  @Override
  public double sum(Tensor a) {
    VectorTensor summed = vector(a);
    double[] sums = new double[spans.parts(summed)];
    spans.forEach(
        summed,
        (part, slab, from, to) ->
            sums[part] += Sums.sum(summed.slab(slab), from, to, rows.scratch(part)));
    return total(sums);
  }

  private static double total(double[] sums) {
    double total = 0;
    for (double sum : sums) {
      total += sum;
    }
    return total;
  }

  @Override
  public void inverseSquareRoot(Tensor a, double factor, double eps, Tensor out) {
    forEach(
        a,
        out,
        (x, xAt, y, yAt, bytes) ->
            Functions.inverseSquareRoot(x, xAt, (float) factor, (float) eps, y, yAt, bytes));
  }

  @Override
  public void relu(Tensor a, Tensor out) {
    forEach(a, out, Functions::relu);
  }

  @Override
  public void positive(Tensor a, Tensor out) {
    forEach(a, out, Functions::positive);
  }

  @Override
  public void sigmoid(Tensor a, Tensor out) {
    forEachBlock(a, out, Functions::sigmoid);
  }

  @Override
  public void exp(Tensor a, Tensor out) {
    forEachBlock(a, out, Functions::exp);
  }

  @Override
  public void erf(Tensor a, Tensor out) {
    forEachBlock(a, out, Functions::erf);
  }
}
