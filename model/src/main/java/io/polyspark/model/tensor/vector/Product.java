package io.polyspark.model.tensor.vector;

/**
 * One matrix product, by addresses, of row-major factors with strides in elements: {@code out[m, n]
 * = alpha ofA(a)[m, k] ofB(b)[k, n] + beta out}. Results are float32. It is set anew for every
 * call, so that calls allocate nothing.
 */
final class Product {
  /** Whether a factor is read by columns. */
  enum Op {
    NONE,
    TRANSPOSED
  }

  long m;
  long n;
  long k;
  Op ofA;
  long left;
  int leftStride;
  Op ofB;
  long right;
  int rightStride;
  float alpha;
  float beta;
  long out;
  int outStride;

  /** The sizes, for a product that is neither scaled nor added. */
  Product sizes(long rows, long columns, long length) {
    m = rows;
    n = columns;
    k = length;
    alpha = 1;
    beta = 0;
    return this;
  }

  Product left(Op op, long address, int stride) {
    ofA = op;
    left = address;
    leftStride = stride;
    return this;
  }

  Product right(Op op, long address, int stride) {
    ofB = op;
    right = address;
    rightStride = stride;
    return this;
  }

  Product scaled(float factor) {
    alpha = factor;
    return this;
  }

  /**
   * @param before what multiplies the result's memory before the product is added: 0 or 1
   */
  Product into(long address, int stride, float before) {
    out = address;
    outStride = stride;
    beta = before;
    return this;
  }

  /** The number of multiplications. */
  long work() {
    return m * n * k;
  }

  /**
   * This product for some rows of the result.
   *
   * @param elementBytes the size of an element of the factors
   */
  Product rows(long from, long count, int elementBytes) {
    left += from * (ofA == Op.NONE ? leftStride : 1) * elementBytes;
    out += from * outStride * Float.BYTES;
    m = count;
    return this;
  }

  /** This product for some columns of the result. */
  Product columns(long from, long count, int elementBytes) {
    right += from * (ofB == Op.NONE ? 1 : rightStride) * elementBytes;
    out += from * Float.BYTES;
    n = count;
    return this;
  }

  /** Makes this product the same as another. */
  Product set(Product other) {
    left(other.ofA, other.left, other.leftStride);
    right(other.ofB, other.right, other.rightStride);
    sizes(other.m, other.n, other.k).scaled(other.alpha);
    return into(other.out, other.outStride, other.beta);
  }
}
