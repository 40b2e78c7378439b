package io.polyspark.model.tensor.vector;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.vector.Product.Op;
import java.nio.ByteBuffer;

/**
 * Causal attention in tiles of {@value #QUERIES} queries by {@value #KEYS} keys (FlashAttention,
 * arXiv 2205.14135): a thread holds the scores of one tile, and of a row only log(sum exp(score))
 * is kept for the gradient. Threads take whole heads; what an element of the result sums never
 * depends on their number. Letters: i a query, j a key, of tiles that begin at {@code first...}.
 */
final class VectorAttention implements AutoCloseable {
  private static final int QUERIES = 64;

  /** A multiple of {@link #QUERIES}, so that every row of a tile has a key that it sees. */
  private static final int KEYS = 256;

  /** Below so many multiplications a second thread costs more than it brings. */
  private static final long LEAST_WORK = 1L << 19;

  private final Workers workers;
  private final OpenBlasProducts products;
  private final Memory memory = new Memory();
  private final Tile[] tiles;

  VectorAttention(Workers workers, OpenBlasProducts products) {
    this.workers = workers;
    this.products = products;
    this.tiles = new Tile[workers.threads()];
  }

  /** What one thread works in. */
  private static final class Tile {
    private final VectorTensor scores;
    private final VectorTensor dScores;

    /** The largest score of each row so far. */
    private final float[] max = new float[QUERIES];

    /** What each row has summed so far. */
    private final double[] sum = new double[QUERIES];

    /** For sums of lanes. */
    private final float[] lanes = Lanes.scratch();

    Tile(Memory memory) {
      this.scores = memory.allocate(QUERIES, KEYS);
      this.dScores = memory.allocate(QUERIES, KEYS);
    }
  }

  /**
   * The five matrices of one head, or their gradients, and the sizes that go with them.
   *
   * @param firstQuery the position of the first row of queries
   */
  private record Head(AttentionShape shape, int firstQuery, int sequence, int query, int keyValue) {
    long row(int position) {
      return (long) sequence * shape.positions() + position;
    }

    long queryRow(int position) {
      return row(position) - firstQuery;
    }

    long queryAt(VectorTensor tensor, int position) {
      return tensor.address(queryRow(position)) + (long) query * shape.headSize() * Float.BYTES;
    }

    long keyAt(VectorTensor tensor, int position) {
      return tensor.address(row(position)) + (long) keyValue * shape.headSize() * Float.BYTES;
    }

    int queryOffset(VectorTensor tensor, int position) {
      return tensor.offset(queryRow(position)) + query * shape.headSize() * Float.BYTES;
    }

    int headBytes() {
      return shape.headSize() * Float.BYTES;
    }

    float scale() {
      return (float) (1 / Math.sqrt(shape.headSize()));
    }

    long keptIndex(int position) {
      return row(position) * shape.heads() + query;
    }
  }

  private interface HeadWork {
    void run(int part, Tile tile, Head head);
  }

  /** The elements of all tiles. */
  long scratchElements() {
    return 2L * QUERIES * KEYS * workers.threads();
  }

  private void forEachHead(AttentionShape shape, HeadWork work) {
    forEachHead(shape, 0, workers.threads(), work);
  }

  /** The query heads of a group follow each other on one thread: they add to the same keys. */
  private void forEachHead(AttentionShape shape, int firstQuery, int threads, HeadWork work) {
    int groups = shape.sequences() * shape.keyValueHeads();
    int parts = Math.min(groups, threads);
    for (int part = 0; part < parts; part++) {
      if (tiles[part] == null) {
        tiles[part] = new Tile(memory);
      }
    }
    workers.run(
        parts,
        part -> {
          long end = Workers.begin(groups, part + 1, parts, 1);
          for (long group = Workers.begin(groups, part, parts, 1); group < end; group++) {
            int sequence = (int) (group / shape.keyValueHeads());
            int keyValue = (int) (group % shape.keyValueHeads());
            for (int member = 0; member < shape.group(); member++) {
              int query = keyValue * shape.group() + member;
              work.run(part, tiles[part], new Head(shape, firstQuery, sequence, query, keyValue));
            }
          }
        });
  }

  /**
   * @param kept [N, H], filled with log(sum exp(score)) of every row
   */
  void forward(
      VectorTensor q,
      VectorTensor k,
      VectorTensor v,
      AttentionShape shape,
      VectorTensor kept,
      VectorTensor out) {
    forEachHead(
        shape,
        (part, tile, head) -> {
          for (int first = 0; first < shape.positions(); first += QUERIES) {
            int rows = Math.min(QUERIES, shape.positions() - first);
            forward(part, tile, head, first, rows, q, k, v, kept, out);
          }
        });
  }

  /** As {@link io.polyspark.model.tensor.Kernels#cachedAttention}. */
  void cached(
      VectorTensor q,
      VectorTensor k,
      VectorTensor v,
      AttentionShape shape,
      int firstQuery,
      VectorTensor out) {
    int end = firstQuery + Math.toIntExact(q.rows());
    int threads = workers.parts(2 * q.length() * end, LEAST_WORK);
    forEachHead(
        shape,
        firstQuery,
        threads,
        (part, tile, head) -> {
          // Tiles begin where those of whole sequences do, so that every row sees a key of each.
          for (int first = firstQuery; first < end; first += QUERIES - first % QUERIES) {
            int rows = Math.min(QUERIES - first % QUERIES, end - first);
            forward(part, tile, head, first, rows, q, k, v, null, out);
          }
        });
  }

  /** A tile's queries against all keys that they see; {@code kept} may be null. */
  private void forward(
      int part,
      Tile tile,
      Head head,
      int first,
      int rows,
      VectorTensor q,
      VectorTensor k,
      VectorTensor v,
      VectorTensor kept,
      VectorTensor out) {
    int size = head.shape().headSize();
    for (int firstKey = 0; firstKey < first + rows; firstKey += KEYS) {
      int keys = Math.min(KEYS, first + rows - firstKey);
      scores(part, tile, head, first, rows, firstKey, keys, q, k);
      for (int row = 0; row < rows; row++) {
        softmax(tile, head, first, row, firstKey, keys, out);
      }
      products.multiply(
          part,
          products
              .product(part)
              .sizes(rows, size, keys)
              .left(Op.NONE, tile.scores.address(0), KEYS)
              .right(Op.NONE, head.keyAt(v, firstKey), v.stride())
              .into(head.queryAt(out, first), out.stride(), firstKey == 0 ? 0 : 1));
    }
    for (int row = 0; row < rows; row++) {
      int at = head.queryOffset(out, first + row);
      ByteBuffer buffer = out.buffer(head.queryRow(first + row));
      float factor = (float) (1 / tile.sum[row]);
      Arithmetic.scale(buffer, at, factor, buffer, at, head.headBytes());
      if (kept != null) {
        float logSumExp = (float) (tile.max[row] + StrictMath.log(tile.sum[row]));
        kept.set(head.keptIndex(first + row), logSumExp);
      }
    }
  }

  /** {@code q k^T / sqrt(d)}, also where a query does not see a key. */
  private void scores(
      int part,
      Tile tile,
      Head head,
      int first,
      int rows,
      int firstKey,
      int keys,
      VectorTensor q,
      VectorTensor k) {
    products.multiply(
        part,
        products
            .product(part)
            .sizes(rows, keys, head.shape().headSize())
            .scaled(head.scale())
            .left(Op.NONE, head.queryAt(q, first), q.stride())
            .right(Op.TRANSPOSED, head.keyAt(k, firstKey), k.stride())
            .into(tile.scores.address(0), KEYS, 0));
  }

  /** The number of a tile's keys that a query sees. */
  private static int seen(int query, int firstKey, int keys) {
    return Math.min(keys, query + 1 - firstKey);
  }

  /**
   * Scores of one row to exp(score - max), where max is the largest so far; what earlier tiles
   * summed with a smaller one is brought down to it.
   */
  private static void softmax(
      Tile tile, Head head, int first, int row, int firstKey, int keys, VectorTensor out) {
    ByteBuffer scores = tile.scores.buffer(row);
    int at = tile.scores.offset(row);
    int count = seen(first + row, firstKey, keys);
    ScoreRow.close(scores, at, count);
    float max = ScoreRow.max(scores, at, count, tile.lanes);
    double before = 0;
    if (firstKey > 0) {
      max = Math.max(max, tile.max[row]);
      double correction = StrictMath.exp((double) tile.max[row] - max);
      before = tile.sum[row] * correction;
      if (correction != 1) {
        int outAt = head.queryOffset(out, first + row);
        ByteBuffer buffer = out.buffer(head.queryRow(first + row));
        Arithmetic.scale(buffer, outAt, (float) correction, buffer, outAt, head.headBytes());
      }
    }
    tile.max[row] = max;
    tile.sum[row] = before + ScoreRow.exponentials(scores, at, count, max, tile.lanes);
    ScoreRow.clear(scores, at, count, keys);
  }

  /** What the gradient reads and writes. */
  record Gradient(
      VectorTensor q,
      VectorTensor k,
      VectorTensor v,
      VectorTensor out,
      VectorTensor dOut,
      VectorTensor kept,
      VectorTensor dQ,
      VectorTensor dK,
      VectorTensor dV) {}

  void backward(AttentionShape shape, Gradient gradient) {
    forEachHead(
        shape,
        (part, tile, head) -> {
          if (head.query() % shape.group() == 0) {
            clear(head, gradient.dK());
            clear(head, gradient.dV());
          }
          for (int first = 0; first < shape.positions(); first += QUERIES) {
            int rows = Math.min(QUERIES, shape.positions() - first);
            for (int row = 0; row < rows; row++) {
              tile.sum[row] = weighted(head, first + row, gradient, tile.lanes);
            }
            for (int firstKey = 0; firstKey < first + rows; firstKey += KEYS) {
              int keys = Math.min(KEYS, first + rows - firstKey);
              backward(part, tile, head, first, rows, firstKey, keys, gradient);
            }
          }
        });
  }

  private static void clear(Head head, VectorTensor gradient) {
    for (int position = 0; position < head.shape().positions(); position++) {
      int at = gradient.offset(head.row(position)) + head.keyValue() * head.headBytes();
      Arithmetic.fill(0, gradient.buffer(head.row(position)), at, head.headBytes());
    }
  }

  /** The sum over keys of dP P, which is that over the head's width of dOut out. */
  private static double weighted(Head head, int position, Gradient gradient, float[] lanes) {
    int at = head.queryOffset(gradient.out(), position);
    long row = head.row(position);
    return Sums.dot(
        gradient.dOut().buffer(row), gradient.out().buffer(row), at, at + head.headBytes(), lanes);
  }

  private void backward(
      int part, Tile tile, Head head, int first, int rows, int firstKey, int keys, Gradient of) {
    int size = head.shape().headSize();
    scores(part, tile, head, first, rows, firstKey, keys, of.q(), of.k());
    for (int row = 0; row < rows; row++) {
      int count = seen(first + row, firstKey, keys);
      float logSumExp = of.kept().get(head.keptIndex(first + row));
      ByteBuffer scores = tile.scores.buffer(row);
      int at = tile.scores.offset(row);
      ScoreRow.close(scores, at, count);
      ScoreRow.exponentials(scores, at, count, logSumExp, tile.lanes);
      ScoreRow.clear(scores, at, count, keys);
    }
    long p = tile.scores.address(0);
    long d = tile.dScores.address(0);
    long dOut = head.queryAt(of.dOut(), first);
    int dOutStride = of.dOut().stride();
    products.multiply(
        part,
        products
            .product(part)
            .sizes(keys, size, rows)
            .left(Op.TRANSPOSED, p, KEYS)
            .right(Op.NONE, dOut, dOutStride)
            .into(head.keyAt(of.dV(), firstKey), of.dV().stride(), 1));

    // dScores = P (dP - sum over keys of dP P) / sqrt(d), dP = dOut v^T
    products.multiply(
        part,
        products
            .product(part)
            .sizes(rows, keys, size)
            .left(Op.NONE, dOut, dOutStride)
            .right(Op.TRANSPOSED, head.keyAt(of.v(), firstKey), of.v().stride())
            .into(d, KEYS, 0));
    for (int row = 0; row < rows; row++) {
      ScoreRow.gradient(
          tile.scores.buffer(row),
          tile.scores.offset(row),
          tile.dScores.buffer(row),
          tile.dScores.offset(row),
          keys,
          (float) tile.sum[row],
          head.scale());
    }

    products.multiply(
        part,
        products
            .product(part)
            .sizes(rows, size, keys)
            .left(Op.NONE, d, KEYS)
            .right(Op.NONE, head.keyAt(of.k(), firstKey), of.k().stride())
            .into(head.queryAt(of.dQ(), first), of.dQ().stride(), firstKey == 0 ? 0 : 1));
    products.multiply(
        part,
        products
            .product(part)
            .sizes(keys, size, rows)
            .left(Op.TRANSPOSED, d, KEYS)
            .right(Op.NONE, head.queryAt(of.q(), first), of.q().stride())
            .into(head.keyAt(of.dK(), firstKey), of.dK().stride(), 1));
  }

  @Override
  public void close() {
    memory.close();
  }
}
