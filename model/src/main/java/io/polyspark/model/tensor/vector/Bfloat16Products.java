package io.polyspark.model.tensor.vector;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Products of factors rounded to bfloat16, summed in float32, by oneDNN: both factors are rounded
 * into scratch memory first, by all threads; then each thread multiplies its part.
 *
 * <p>oneDNN compiles a product for its shape, and the rows of experts come in any number: sums are
 * lengthened with zeros to a multiple of 16, and results are cut at one, so that the shapes are
 * few.
 */
final class Bfloat16Products extends SplitProducts {
  private static final int GRAIN = 16;

  private final Factor left = new Factor();
  private final Factor right = new Factor();
  private final List<Map<Matmul.Shape, Matmul>> compiled = new ArrayList<>();

  Bfloat16Products(Workers workers) {
    super(workers, Short.BYTES);
    for (int part = 0; part < workers.threads(); part++) {
      compiled.add(new HashMap<>());
    }
  }

  /** Scratch memory with one of the factors. */
  private static final class Factor {
    private final Memory memory = new Memory();
    private VectorTensor block;

    /**
     * Room for bfloat16 numbers; what was there is lost.
     *
     * @param rows with what is added to them
     */
    void reserve(long rows, int columns) {
      long floats = (rows * columns + 1) / 2;
      if (block == null || block.columns() < floats) {
        memory.close();
        block = memory.allocate(1, floats);
      }
    }

    /**
     * Rounds a part of the rows of a matrix, or makes them zero where it has no more.
     *
     * @param first the matrix's first row in the tensor
     */
    void round(VectorTensor from, long first, long rows, int columns, long begin, long end) {
      for (long row = begin; row < end; row++) {
        int at = (int) (row * columns * Short.BYTES);
        if (row < rows) {
          Bfloat16.round(
              from.buffer(first + row), from.offset(first + row), block.buffer(0), at, columns);
        } else {
          for (int column = 0; column < columns; column++) {
            block.buffer(0).putShort(at + column * Short.BYTES, (short) 0);
          }
        }
      }
    }

    long address() {
      return block.address(0);
    }

    void close() {
      memory.close();
      block = null;
    }
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
    boolean sumsOverRows = ofA == Op.TRANSPOSED && ofB == Op.NONE;
    long padded = sumsOverRows ? (k + GRAIN - 1) / GRAIN * GRAIN : k;
    int aColumns = (int) (ofA == Op.NONE ? k : m);
    int bColumns = (int) (ofB == Op.NONE ? n : k);
    long aRows = ofA == Op.NONE ? m : padded;
    long bRows = ofB == Op.NONE ? padded : n;
    left.reserve(aRows, aColumns);
    right.reserve(bRows, bColumns);
    int parts = workers().parts(aRows * aColumns + bRows * bColumns, LEAST_ROUNDED);
    workers()
        .run(
            parts,
            part -> {
              left.round(
                  a,
                  aRow,
                  ofA == Op.NONE ? m : k,
                  aColumns,
                  Workers.begin(aRows, part, parts, 1),
                  Workers.begin(aRows, part + 1, parts, 1));
              right.round(
                  b,
                  bRow,
                  ofB == Op.NONE ? k : n,
                  bColumns,
                  Workers.begin(bRows, part, parts, 1),
                  Workers.begin(bRows, part + 1, parts, 1));
            });
    multiply(
        ofA,
        ofB,
        m,
        n,
        padded,
        left.address(),
        aColumns,
        right.address(),
        bColumns,
        beta,
        out.address(outRow),
        out.stride());
  }

  /** Numbers that are worth a thread. */
  private static final long LEAST_ROUNDED = 1L << 14;

  @Override
  void compute(
      int part,
      Op ofA,
      long a,
      int leftStride,
      Op ofB,
      long b,
      int rightStride,
      long m,
      long n,
      long k,
      float alpha,
      float beta,
      long out,
      int outStride) {
    OneDnn.stayOnThisThread();
    long whole = m - m % GRAIN;
    if (whole > 0) {
      matmul(part, ofA, ofB, whole, n, k, leftStride, rightStride, beta, outStride).run(a, b, out);
    }
    if (whole < m) {
      long rest = a + whole * (ofA == Op.NONE ? leftStride : 1) * Short.BYTES;
      matmul(part, ofA, ofB, m - whole, n, k, leftStride, rightStride, beta, outStride)
          .run(rest, b, out + whole * outStride * Float.BYTES);
    }
  }

  private Matmul matmul(
      int part,
      Op ofA,
      Op ofB,
      long m,
      long n,
      long k,
      int leftStride,
      int rightStride,
      float beta,
      int outStride) {
    return compiled
        .get(part)
        .computeIfAbsent(
            new Matmul.Shape(ofA, ofB, m, n, k, leftStride, rightStride, beta, outStride),
            Matmul::new);
  }

  @Override
  public void close() {
    compiled.forEach(ofPart -> ofPart.values().forEach(Matmul::close));
    compiled.forEach(Map::clear);
    left.close();
    right.close();
  }
}
