package io.polyspark.model.tensor.vector;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

import io.polyspark.model.tensor.ProductRecording;
import java.util.ArrayList;
import java.util.List;

/**
 * Matrix products by OpenBLAS on row-major memory with strides. Each of our threads calls it for a
 * part of the result, on one thread of its own: OpenBLAS's threads would go on spinning after a
 * product, on the cores that the next kernel needs.
 */
final class Products {
  /** Whether a factor is read by columns. */
  enum Op {
    NONE(CblasNoTrans),
    TRANSPOSED(CblasTrans);

    private final int code;

    Op(int code) {
      this.code = code;
    }
  }

  /** A factor or result: where it begins, and how far its rows are apart. */
  record Matrix(long address, int stride) {
    static Matrix of(VectorTensor tensor) {
      return new Matrix(tensor.address(0), tensor.stride());
    }

    private long at(long row, long column) {
      return address + (row * stride + column) * Float.BYTES;
    }
  }

  /** Below so many multiplications a second thread costs more than it brings. */
  private static final long LEAST_WORK = 1L << 19;

  /** Parts begin where OpenBLAS's blocks of registers do. */
  private static final int GRAIN = 16;

  private final Workers workers;
  private final Address[] a;
  private final Address[] b;
  private final Address[] c;
  private volatile Recording recording;

  Products(Workers workers) {
    this.workers = workers;
    this.a = addresses(workers.threads());
    this.b = addresses(workers.threads());
    this.c = addresses(workers.threads());
  }

  private static Address[] addresses(int count) {
    Address[] addresses = new Address[count];
    for (int i = 0; i < count; i++) {
      addresses[i] = new Address();
    }
    return addresses;
  }

  /** {@code out[m, n] = ofA(a)[m, k] ofB(b)[k, n] + beta out}, on all threads. */
  void multiply(
      Op ofA, Matrix left, Op ofB, Matrix right, long m, long n, long k, float beta, Matrix out) {
    int parts = workers.parts(m * n * k, LEAST_WORK);
    // What is not cut is read by every thread: cut the longer side.
    boolean byRows = m >= n;
    workers.run(
        parts,
        part -> {
          long from = Workers.begin(byRows ? m : n, part, parts, GRAIN);
          long to = Workers.begin(byRows ? m : n, part + 1, parts, GRAIN);
          if (from == to) {
            return;
          }
          if (byRows) {
            long first = ofA == Op.NONE ? left.at(from, 0) : left.at(0, from);
            multiply(
                part,
                ofA,
                first,
                left.stride(),
                ofB,
                right.address(),
                right.stride(),
                to - from,
                n,
                k,
                1,
                beta,
                out.at(from, 0),
                out.stride());
          } else {
            long first = ofB == Op.NONE ? right.at(0, from) : right.at(from, 0);
            multiply(
                part,
                ofA,
                left.address(),
                left.stride(),
                ofB,
                first,
                right.stride(),
                m,
                to - from,
                k,
                1,
                beta,
                out.at(0, from),
                out.stride());
          }
        });
  }

  /**
   * {@code c[m, n] = alpha ofA(a)[m, k] ofB(b)[k, n] + beta c}, on the calling thread.
   *
   * @param part which of the threads calls
   */
  void multiply(
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
              sgemm(
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
    sgemm(
        part, ofA, left, leftStride, ofB, right, rightStride, m, n, k, alpha, beta, out, outStride);
  }

  private void sgemm(
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
    cblas_sgemm(
        CblasRowMajor,
        ofA.code,
        ofB.code,
        (int) m,
        (int) n,
        (int) k,
        alpha,
        a[part].at(left),
        leftStride,
        b[part].at(right),
        rightStride,
        beta,
        c[part].at(out),
        outStride);
  }

  /** Begins to record; ends when what is returned is closed, or at the next call. */
  ProductRecording record() {
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
