package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.vector.Product.Op;
import java.nio.ByteBuffer;
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

  /** Numbers that are worth a thread. */
  private static final long LEAST_ROUNDED = 1L << 14;

  private final Factor left = new Factor();
  private final Factor right = new Factor();
  private final List<Map<Matmul.Shape, Matmul>> compiled = new ArrayList<>();

  Bfloat16Products(Workers workers) {
    super(workers, Short.BYTES);
    for (int part = 0; part < workers.threads(); part++) {
      compiled.add(new HashMap<>());
    }
  }

  /** Scratch memory with one of the factors, without gaps. */
  private static final class Factor {
    private final Memory memory = new Memory();
    private VectorTensor block;
    private long rows;
    private int columns;

    /** Makes room; what was there is lost. */
    void reserve(long itsRows, int itsColumns) {
      rows = itsRows;
      columns = itsColumns;
      long floats = (elements() + 1) / 2;
      if (block == null || block.columns() < floats) {
        memory.close();
        block = memory.allocate(1, floats);
      }
    }

    /**
     * Rounds a part's share of the rows of a tensor, and makes those zero that it does not have.
     *
     * @param first the factor's first row in the tensor
     * @param count how many rows the tensor has for it
     */
    void round(VectorTensor from, long first, long count, int part, int parts) {
      ByteBuffer to = block.buffer(0);
      long end = Workers.begin(rows, part + 1, parts, 1);
      for (long row = Workers.begin(rows, part, parts, 1); row < end; row++) {
        int at = (int) (row * columns * Short.BYTES);
        if (row < count) {
          Bfloat16.round(from.buffer(first + row), from.offset(first + row), to, at, columns);
        } else {
          for (int column = 0; column < columns; column++) {
            to.putShort(at + column * Short.BYTES, (short) 0);
          }
        }
      }
    }

    long elements() {
      return rows * columns;
    }

    int columns() {
      return columns;
    }

    long address() {
      return block.address(0);
    }

    void close() {
      memory.close();
      block = null;
    }
  }

  /** The factors are rounded, and a sum over rows is lengthened. */
  @Override
  void prepare(Product product, VectorTensor a, long aRow, VectorTensor b, long bRow) {
    long k = product.k;
    boolean sumsOverRows = product.ofA == Op.TRANSPOSED && product.ofB == Op.NONE;
    long padded = sumsOverRows ? (k + GRAIN - 1) / GRAIN * GRAIN : k;
    boolean aByRows = product.ofA == Op.NONE;
    boolean bByRows = product.ofB == Op.NONE;
    left.reserve(aByRows ? product.m : padded, (int) (aByRows ? k : product.m));
    right.reserve(bByRows ? padded : product.n, (int) (bByRows ? product.n : k));
    int parts = workers().parts(left.elements() + right.elements(), LEAST_ROUNDED);
    workers()
        .run(
            parts,
            part -> {
              left.round(a, aRow, aByRows ? product.m : k, part, parts);
              right.round(b, bRow, bByRows ? k : product.n, part, parts);
            });
    product.k = padded;
    product
        .left(product.ofA, left.address(), left.columns())
        .right(product.ofB, right.address(), right.columns());
  }

  @Override
  void compute(int part, Product product) {
    OneDnn.stayOnThisThread();
    long rest = product.m % GRAIN;
    product.m -= rest;
    run(part, product);
    product.m += rest;
    run(part, product.rows(product.m - rest, rest, Short.BYTES));
  }

  private void run(int part, Product product) {
    if (product.m > 0) {
      compiled
          .get(part)
          .computeIfAbsent(Matmul.Shape.of(product), Matmul::new)
          .run(product.left, product.right, product.out);
    }
  }

  /**
   * The bytes of the largest left and right factors; forward and backward, each is either.
   *
   * @param inner elements of the MLPs' inner activations
   * @param outer elements of their inputs
   * @param logits elements of a tile of logits
   * @param weight elements of the largest weight
   */
  static long scratchBytes(long inner, long outer, long logits, long weight) {
    long activations = Math.max(inner, outer);
    return Short.BYTES * (Math.max(activations, logits) + Math.max(activations, weight));
  }

  @Override
  public void close() {
    compiled.forEach(ofPart -> ofPart.values().forEach(Matmul::close));
    compiled.forEach(Map::clear);
    left.close();
    right.close();
  }
}
