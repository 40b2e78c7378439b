package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.ProductRecording;
import java.util.ArrayList;
import java.util.List;

/**
 * Products of which every thread computes a part of the result by itself. How results are cut
 * depends on the sizes and the number of threads alone. The product at hand is kept in fields, so
 * that a call allocates nothing.
 */
abstract class SplitProducts implements Products, Workers.Task {
  /** Below so many multiplications a second thread costs more than it brings. */
  private static final long LEAST_WORK = 1L << 19;

  /** Parts begin where the libraries' blocks of registers do. */
  private static final int GRAIN = 16;

  private final Workers workers;
  private final int elementBytes;
  private Op ofA;
  private Op ofB;
  private long m;
  private long n;
  private long k;
  private long left;
  private int leftStride;
  private long right;
  private int rightStride;
  private float beta;
  private long out;
  private int outStride;
  private int parts;
  private volatile Recording recording;

  /**
   * @param elementBytes the size of an element of the factors; results are float32
   */
  SplitProducts(Workers workers, int elementBytes) {
    this.workers = workers;
    this.elementBytes = elementBytes;
  }

  /** The threads. */
  final Workers workers() {
    return workers;
  }

  /** {@code out[m, n] = ofA(a)[m, k] ofB(b)[k, n] + beta out} on all threads, by addresses. */
  final void multiply(
      Op ofA,
      Op ofB,
      long m,
      long n,
      long k,
      long left,
      int leftStride,
      long right,
      int rightStride,
      float beta,
      long out,
      int outStride) {
    this.ofA = ofA;
    this.ofB = ofB;
    this.m = m;
    this.n = n;
    this.k = k;
    this.left = left;
    this.leftStride = leftStride;
    this.right = right;
    this.rightStride = rightStride;
    this.beta = beta;
    this.out = out;
    this.outStride = outStride;
    this.parts = workers.parts(m * n * k, LEAST_WORK);
    workers.run(parts, this);
  }

  /** What is not cut is read by every thread: the longer side is cut. */
  @Override
  public final void run(int part) {
    boolean byRows = m >= n;
    long length = byRows ? m : n;
    long from = Workers.begin(length, part, parts, GRAIN);
    long count = Workers.begin(length, part + 1, parts, GRAIN) - from;
    if (count == 0) {
      return;
    }
    if (byRows) {
      long first = left + from * (ofA == Op.NONE ? leftStride : 1) * elementBytes;
      long result = out + from * outStride * Float.BYTES;
      multiply(
          part,
          ofA,
          first,
          leftStride,
          ofB,
          right,
          rightStride,
          count,
          n,
          k,
          1,
          beta,
          result,
          outStride);
    } else {
      long first = right + from * (ofB == Op.NONE ? 1 : rightStride) * elementBytes;
      long result = out + from * Float.BYTES;
      multiply(
          part,
          ofA,
          left,
          leftStride,
          ofB,
          first,
          rightStride,
          m,
          count,
          k,
          1,
          beta,
          result,
          outStride);
    }
  }

  /**
   * {@code c[m, n] = alpha ofA(a)[m, k] ofB(b)[k, n] + beta c}, on the calling thread.
   *
   * @param part which of the threads calls
   */
  final void multiply(
      int part,
      Op ofA,
      long left,
      int leftStride,
      Op ofB,
      long right,
      int rightStride,
      long m,
      long n,
      long k,
      float alpha,
      float beta,
      long out,
      int outStride) {
    Recording current = recording;
    if (current != null) {
      current.add(
          part,
          () ->
              compute(
                  part,
                  ofA,
                  left,
                  leftStride,
                  ofB,
                  right,
                  rightStride,
                  m,
                  n,
                  k,
                  alpha,
                  beta,
                  out,
                  outStride));
    }
    compute(
        part, ofA, left, leftStride, ofB, right, rightStride, m, n, k, alpha, beta, out, outStride);
  }

  /** What {@link #multiply} does, by the library. */
  abstract void compute(
      int part,
      Op ofA,
      long left,
      int leftStride,
      Op ofB,
      long right,
      int rightStride,
      long m,
      long n,
      long k,
      float alpha,
      float beta,
      long out,
      int outStride);

  @Override
  public final ProductRecording record() {
    recording = new Recording();
    return recording;
  }

  /** What every thread multiplied, in its order. */
  private final class Recording implements ProductRecording {
    private final List<List<Runnable>> ofParts = new ArrayList<>();

    Recording() {
      for (int part = 0; part < workers.threads(); part++) {
        ofParts.add(new ArrayList<>());
      }
    }

    /** Called by the part's own thread. */
    void add(int part, Runnable product) {
      ofParts.get(part).add(product);
    }

    @Override
    public void replay() {
      workers.run(workers.threads(), part -> ofParts.get(part).forEach(Runnable::run));
    }

    @Override
    public void close() {
      recording = null;
    }
  }
}
