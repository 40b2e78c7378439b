package io.polyspark.model.tensor.vector;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

/**
 * Products in float32 by OpenBLAS, on the memory as it is. Each of our threads calls it for a part
 * of the result, on one thread of its own: OpenBLAS's threads would go on spinning after a product,
 * on the cores that the next kernel needs.
 */
final class OpenBlasProducts extends SplitProducts {
  private final OneThreadBlas blas = OneThreadBlas.hold();
  private final Address[] a;
  private final Address[] b;
  private final Address[] c;

  OpenBlasProducts(Workers workers) {
    super(workers, Float.BYTES);
    this.a = Address.some(workers.threads());
    this.b = Address.some(workers.threads());
    this.c = Address.some(workers.threads());
  }

  @Override
  public void multiply(
      Op ofA,
      Op ofB,
      long m,
      long n,
      long k,
      VectorTensor a,
      long aRow,
      VectorTensor b,
      long bRow,
      float beta,
      VectorTensor out,
      long outRow) {
    multiply(
        ofA,
        ofB,
        m,
        n,
        k,
        a.address(aRow),
        a.stride(),
        b.address(bRow),
        b.stride(),
        beta,
        out.address(outRow),
        out.stride());
  }

  @Override
  void compute(
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
        code(ofA),
        code(ofB),
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

  private static int code(Op op) {
    return op == Op.NONE ? CblasNoTrans : CblasTrans;
  }

  @Override
  public void close() {
    blas.close();
  }
}
