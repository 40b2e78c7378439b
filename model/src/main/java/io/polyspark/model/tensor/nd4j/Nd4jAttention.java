package io.polyspark.model.tensor.nd4j;

import static io.polyspark.model.tensor.nd4j.Nd4jTensor.array;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Tensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Causal attention by batched products, tile by tile: a tile is a range of sequences and a range of
 * key-value heads, small enough that its scores [sequences, heads, T, T] fit a fixed budget.
 * Letters: b sequences and h key-value heads of a tile.
 */
final class Nd4jAttention implements AutoCloseable {
  private static final int KEPT_WIDTH = 4;

  /** Far below any score, and finite, so that no operation meets an infinity. */
  static final double MASKED = -1e9;

  private final Scratch scratch;
  private final DataType type;
  private final long tileElements;
  private INDArray mask;

  /**
   * @param tileElements the most elements of one tile's scores, where a single head has no more
   */
  Nd4jAttention(Scratch scratch, DataType type, long tileElements) {
    this.tileElements = tileElements;
    this.scratch = scratch;
    this.type = type;
  }

  private record Tile(int firstSequence, int sequences, int firstHead, int heads) {}

  private interface TileWork {
    void run(Tile tile);
  }

  /**
   * Where the probabilities are at most {@value #KEPT_WIDTH} times as wide as the queries, they are
   * kept for the gradient; where they are wider, computing them again is the lesser cost.
   */
  static int keptPerRow(AttentionShape shape) {
    return shape.positions() <= KEPT_WIDTH * shape.headSize()
        ? Math.multiplyExact(shape.heads(), shape.positions())
        : 0;
  }

  private int sequencesPerTile(AttentionShape shape) {
    long perSequence = (long) shape.keyValueHeads() * shape.positions() * shape.positions();
    return (int) Math.max(1, Math.min(shape.sequences(), tileElements / perSequence));
  }

  /** All heads where probabilities are kept, so that a tile of them has no gaps. */
  private int headsPerTile(AttentionShape shape) {
    long perHead = (long) shape.positions() * shape.positions();
    return keptPerRow(shape) > 0
        ? shape.keyValueHeads()
        : (int) Math.max(1, Math.min(shape.keyValueHeads(), tileElements / perHead));
  }

  /** The elements of the arrays of one tile. */
  long scratchElements(AttentionShape shape) {
    long heads = (long) sequencesPerTile(shape) * headsPerTile(shape);
    long square = (long) shape.positions() * shape.positions();
    return heads * (2 * square + (long) shape.positions() * (shape.headSize() + 1)) + square;
  }

  private void forEachTile(AttentionShape shape, TileWork work) {
    int sequences = sequencesPerTile(shape);
    int heads = headsPerTile(shape);
    for (int b = 0; b < shape.sequences(); b += sequences) {
      for (int h = 0; h < shape.keyValueHeads(); h += heads) {
        work.run(
            new Tile(
                b,
                Math.min(sequences, shape.sequences() - b),
                h,
                Math.min(heads, shape.keyValueHeads() - h)));
      }
    }
  }

  /**
   * @param kept [N, {@link #keptPerRow}] for the probabilities; null where none are kept
   */
  void forward(Tensor q, Tensor k, Tensor v, AttentionShape shape, Tensor kept, Tensor out) {
    forEachTile(
        shape,
        tile -> {
          INDArray keys = keyValueHeads(k, shape, tile);
          INDArray values = keyValueHeads(v, shape, tile);
          INDArray product = heads("attention.product", tile, shape.positions(), shape.headSize());
          for (int member = 0; member < shape.group(); member++) {
            INDArray queries = queryHeads(q, shape, tile, member);
            INDArray scores = scores(kept, shape, tile, member);
            probabilities(queries, keys, shape, scores);
            product(scores, Op.NONE, values, Op.NONE, 1, product);
            queryHeads(out, shape, tile, member).assign(product);
          }
        });
  }

  /**
   * @param kept as the forward pass left it; null where nothing was kept
   */
  void backward(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dOut,
      AttentionShape shape,
      Tensor kept,
      Tensor dQ,
      Tensor dK,
      Tensor dV) {
    double scale = 1 / Math.sqrt(shape.headSize());
    forEachTile(
        shape,
        tile -> {
          INDArray keys = keyValueHeads(k, shape, tile);
          INDArray values = keyValueHeads(v, shape, tile);
          INDArray dKeys = keyValueHeads(dK, shape, tile);
          INDArray dValues = keyValueHeads(dV, shape, tile);
          INDArray product = heads("attention.product", tile, shape.positions(), shape.headSize());
          INDArray dScores = heads("attention.dScores", tile, shape.positions(), shape.positions());
          for (int member = 0; member < shape.group(); member++) {
            INDArray queries = queryHeads(q, shape, tile, member);
            INDArray dOutput = queryHeads(dOut, shape, tile, member);
            INDArray probabilities = scores(kept, shape, tile, member);
            if (kept == null) {
              probabilities(queries, keys, shape, probabilities);
            }

            product(probabilities, Op.TRANSPOSED, dOutput, Op.NONE, 1, product);
            put(product, dValues, member);

            // dScores = P (dP - sum over keys of dP P), dP = dOut v^T
            product(dOutput, Op.NONE, values, Op.TRANSPOSED, 1, dScores);
            softmaxGradient(probabilities, dScores);

            product(dScores, Op.NONE, keys, Op.NONE, scale, product);
            queryHeads(dQ, shape, tile, member).assign(product);
            product(dScores, Op.TRANSPOSED, queries, Op.NONE, scale, product);
            put(product, dKeys, member);
          }
        });
  }

  /**
   * The first member of a group overwrites what the heads that it shares get, the others add to it.
   */
  private static void put(INDArray gradient, INDArray shared, int member) {
    if (member == 0) {
      shared.assign(gradient);
    } else {
      shared.addi(gradient);
    }
  }

  /** Where a tile's scores and probabilities lie, [b, h, T, T]. */
  private INDArray scores(Tensor kept, AttentionShape shape, Tile tile, int member) {
    int positions = shape.positions();
    if (kept == null) {
      return heads("attention.scores", tile, positions, positions);
    }
    long first = (long) member * shape.sequences() + tile.firstSequence();
    return array(kept)
        .reshape(
            'c',
            (long) shape.group() * shape.sequences(),
            shape.keyValueHeads(),
            positions,
            positions)
        .get(NDArrayIndex.interval(first, first + tile.sequences()));
  }

  /** softmax(q k^T / sqrt(d) + mask) into {@code scores} [b, h, T, T]. */
  private void probabilities(
      INDArray queries, INDArray keys, AttentionShape shape, INDArray scores) {
    int positions = shape.positions();
    product(queries, Op.NONE, keys, Op.TRANSPOSED, 1 / Math.sqrt(shape.headSize()), scores);
    long square = (long) positions * positions;
    scores.reshape('c', scores.length() / square, square).addiRowVector(mask(positions));
    INDArray rows = scores.reshape('c', scores.length() / positions, positions);
    softmax(rows);
  }

  /** Of each row of a matrix, in place. */
  static void softmax(INDArray rows) {
    Nd4j.exec(
        DynamicCustomOp.builder("softmax")
            .addInputs(rows)
            .addOutputs(rows)
            .addIntegerArguments(1)
            .build());
  }

  /** From dP to P (dP - sum over keys of dP P), in place. */
  private void softmaxGradient(INDArray probabilities, INDArray dScores) {
    long positions = dScores.size(3);
    long rows = dScores.length() / positions;
    INDArray p = probabilities.reshape('c', rows, positions);
    INDArray d = dScores.reshape('c', rows, positions);
    INDArray weighted = scratch.array("attention.weighted", rows, 1);
    d.muli(p);
    Blas.sumOverColumns(d, scratch.ones(positions), weighted);
    // P is not needed any more after the second term, so that takes its memory.
    p.muliColumnVector(weighted);
    d.subi(p);
  }

  /** 0 where a key is at or before the query, {@link #MASKED} after it: [1, T*T]. */
  private INDArray mask(int positions) {
    long square = (long) positions * positions;
    if (mask == null || mask.length() != square) {
      close();
      mask = Nd4j.create(type, 1, square);
      INDArray rows = mask.reshape('c', positions, positions);
      for (int t = 0; t + 1 < positions; t++) {
        rows.get(NDArrayIndex.point(t), NDArrayIndex.interval(t + 1, positions)).assign(MASKED);
      }
    }
    return mask;
  }

  private INDArray heads(String role, Tile tile, long rows, long columns) {
    return scratch
        .array(role, (long) tile.sequences() * tile.heads() * rows, columns)
        .reshape('c', tile.sequences(), tile.heads(), rows, columns);
  }

  /** The tile's key-value heads as [b, h, T, d], a view. */
  private static INDArray keyValueHeads(Tensor tensor, AttentionShape shape, Tile tile) {
    return array(tensor)
        .reshape('c', shape.sequences(), shape.positions(), shape.keyValueHeads(), shape.headSize())
        .get(
            NDArrayIndex.interval(tile.firstSequence(), tile.firstSequence() + tile.sequences()),
            NDArrayIndex.all(),
            NDArrayIndex.interval(tile.firstHead(), tile.firstHead() + tile.heads()),
            NDArrayIndex.all())
        .permute(0, 2, 1, 3);
  }

  /** One query head of each of the tile's groups as [b, h, T, d], a view. */
  private static INDArray queryHeads(Tensor tensor, AttentionShape shape, Tile tile, int member) {
    return array(tensor)
        .reshape(
            'c',
            shape.sequences(),
            shape.positions(),
            shape.keyValueHeads(),
            shape.group(),
            shape.headSize())
        .get(
            NDArrayIndex.interval(tile.firstSequence(), tile.firstSequence() + tile.sequences()),
            NDArrayIndex.all(),
            NDArrayIndex.interval(tile.firstHead(), tile.firstHead() + tile.heads()),
            NDArrayIndex.point(member),
            NDArrayIndex.all())
        .permute(0, 2, 1, 3);
  }

  /** Whether a factor is read by columns. */
  enum Op {
    NONE,
    TRANSPOSED
  }

  /** {@code out = factor * a b}; an output with gaps would take ND4J off BLAS. */
  static void product(INDArray a, Op ofA, INDArray b, Op ofB, double factor, INDArray out) {
    Nd4j.exec(
        DynamicCustomOp.builder("matmul")
            .addInputs(a, b)
            .addOutputs(out)
            .addIntegerArguments(ofA == Op.TRANSPOSED ? 1 : 0, ofB == Op.TRANSPOSED ? 1 : 0, 0)
            .addFloatingPointArguments(factor, 0.0)
            .build());
  }

  @Override
  public void close() {
    if (mask != null) {
      mask.close();
      mask = null;
    }
  }
}
