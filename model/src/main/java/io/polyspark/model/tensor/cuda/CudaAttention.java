package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.Launcher.Grid;

/**
 * Causal attention by tiles that never hold [T, T] (FlashAttention-2, arXiv 2205.14135 and
 * 2307.08691): on the matrix units where all is bfloat16 and heads are at most 256 wide, a multiple
 * of 8, else by float32 arithmetic. The kernels are in {@code attention.cu}, {@code
 * attention_gradient.cu} and {@code attention_plain.cu}. Letters: B sequences, T positions, H
 * heads, d head size.
 */
final class CudaAttention {
  private static final String PLAIN = "attention_plain";

  /** What of L2 the heads that are worked on together may fill: most of a training card's. */
  private static final long CACHE_BYTES = 32L << 20;

  private static final int DELTA_THREADS = 256;
  private static final int WARP = 32;
  private static final double LOG2_E = 1 / Math.log(2);

  private final Launcher launcher;
  private final long cacheBytes;

  CudaAttention(Launcher launcher) {
    this(launcher, CACHE_BYTES);
  }

  /**
   * Attention on a card.
   *
   * @param cacheBytes what the heads that are worked on together may read again and again
   */
  CudaAttention(Launcher launcher, long cacheBytes) {
    this.launcher = launcher;
    this.cacheBytes = cacheBytes;
  }

  /** The logarithm to base 2 of each head's sum of exp, as [B, H, T] in float32. */
  int keptPerRow(AttentionShape shape) {
    return shape.heads();
  }

  /** What {@link #backward} works in. */
  long scratchBytes(AttentionShape shape) {
    return (long) shape.sequences() * shape.positions() * shape.heads() * ElementType.F32.bytes();
  }

  /** See {@link Kernels#attention}. */
  void forward(Tensor q, Tensor k, Tensor v, AttentionShape shape, Tensor kept, Tensor out) {
    attend(cuda(q), cuda(k), cuda(v), shape, 0, kept == null ? null : sums(kept), cuda(out));
  }

  /** See {@link Kernels#cachedAttention}. */
  void cached(Tensor q, Tensor k, Tensor v, AttentionShape shape, int first, Tensor out) {
    attend(cuda(q), cuda(k), cuda(v), shape, first, null, cuda(out));
  }

  private void attend(
      CudaTensor q,
      CudaTensor k,
      CudaTensor v,
      AttentionShape shape,
      int first,
      CudaTensor sums,
      CudaTensor out) {
    int queries = Math.toIntExact(q.rows() / shape.sequences());
    int streams = shape.sequences() * shape.heads();
    boolean matrices = AttentionTiles.fitMatrixUnits(shape.headSize(), q, k, v, out);
    AttentionTiles tiles =
        matrices
            ? AttentionTiles.ofMatrixUnits(shape.headSize())
            : AttentionTiles.plain(shape.headSize());
    launcher.launch(
        matrices ? "attention" : PLAIN,
        "attention_" + tiles.name() + "_" + suffix(q, k, v, out),
        tiles.forward(streams, queries),
        q,
        k,
        v,
        out,
        sums,
        queries,
        first,
        streams,
        shape.heads(),
        shape.group(),
        shape.headSize(),
        scale(shape),
        queryStreamsAtOnce(shape, first + queries, k.type()));
  }

  /** See {@link Kernels#attentionGradient}. */
  void backward(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor dOut,
      AttentionShape shape,
      Tensor kept,
      Tensor dQ,
      Tensor dK,
      Tensor dV) {
    CudaTensor[] all = {
      cuda(q), cuda(k), cuda(v), cuda(out), cuda(dOut), cuda(dQ), cuda(dK), cuda(dV)
    };
    String suffix = suffix(all);
    boolean matrices = AttentionTiles.fitMatrixUnits(shape.headSize(), all);
    AttentionTiles tiles =
        matrices
            ? AttentionTiles.ofMatrixUnits(shape.headSize())
            : AttentionTiles.plainGradient(shape.headSize());
    String module = matrices ? "attention_gradient" : PLAIN;
    CudaTensor delta = delta(matrices, suffix, cuda(out), cuda(dOut), shape);
    int positions = shape.positions();
    int queryStreams = shape.sequences() * shape.heads();
    int keyStreams = shape.sequences() * shape.keyValueHeads();
    launcher.launch(
        module,
        "attention_key_gradient_" + tiles.name() + "_" + suffix,
        tiles.keyGradient(keyStreams, positions),
        cuda(q),
        cuda(k),
        cuda(v),
        cuda(dOut),
        sums(kept),
        delta,
        cuda(dK),
        cuda(dV),
        positions,
        keyStreams,
        shape.heads(),
        shape.group(),
        shape.headSize(),
        scale(shape),
        keyStreamsAtOnce(shape, cuda(q).type()));
    launcher.launch(
        module,
        "attention_query_gradient_" + tiles.name() + "_" + suffix,
        tiles.queryGradient(queryStreams, positions),
        cuda(q),
        cuda(k),
        cuda(v),
        cuda(dOut),
        sums(kept),
        delta,
        cuda(dQ),
        positions,
        queryStreams,
        shape.heads(),
        shape.group(),
        shape.headSize(),
        scale(shape),
        queryStreamsAtOnce(shape, positions, cuda(k).type()));
  }

  /** The sums over each head of dOut out, [B, H, T]. */
  private CudaTensor delta(
      boolean matrices, String suffix, CudaTensor out, CudaTensor dOut, AttentionShape shape) {
    CudaTensor delta =
        launcher.scratch("attention.delta", out.rows(), shape.heads(), ElementType.F32);
    long heads = delta.length();
    if (matrices) {
      int pieces = shape.headSize() / 8;
      int lanes = pieces == 1 ? 1 : 2 * Integer.highestOneBit(pieces - 1);
      launcher.launch(
          "attention_gradient",
          "attention_delta_bf16",
          Grid.of(ceilDivide(heads, DELTA_THREADS / lanes), DELTA_THREADS),
          out,
          dOut,
          delta,
          heads,
          shape.positions(),
          shape.heads(),
          shape.headSize(),
          lanes);
    } else {
      launcher.launch(
          PLAIN,
          "attention_delta_" + suffix,
          Grid.of(ceilDivide(heads, DELTA_THREADS / WARP), DELTA_THREADS),
          out,
          dOut,
          delta,
          heads,
          shape.positions(),
          shape.heads(),
          shape.headSize());
    }
    return delta;
  }

  private static CudaTensor sums(Tensor kept) {
    CudaTensor sums = cuda(kept);
    if (sums.type() != ElementType.F32) {
      throw new IllegalArgumentException("What attention keeps is float32, not " + sums.type());
    }
    return sums;
  }

  private static String suffix(CudaTensor... tensors) {
    ElementType type = tensors[0].type();
    for (CudaTensor tensor : tensors) {
      if (tensor.type() != type) {
        throw new IllegalArgumentException(
            "Attention of " + type + " and " + tensor.type() + " together");
      }
    }
    return type.suffix();
  }

  /** Of the scores, for powers of two. */
  private static float scale(AttentionShape shape) {
    return (float) (LOG2_E / Math.sqrt(shape.headSize()));
  }

  private int queryStreamsAtOnce(AttentionShape shape, int keys, ElementType type) {
    long keysAndValues = 2L * keys * shape.headSize() * type.bytes();
    return streamsAtOnce(keysAndValues, shape.group(), (long) shape.sequences() * shape.heads());
  }

  private int keyStreamsAtOnce(AttentionShape shape, ElementType type) {
    long queriesAndGradients =
        2L * shape.positions() * shape.group() * shape.headSize() * type.bytes();
    return streamsAtOnce(queriesAndGradients, 1, (long) shape.sequences() * shape.keyValueHeads());
  }

  /** Whole groups that share what they read, and as many as fit. */
  private int streamsAtOnce(long bytesOfGroup, int group, long streams) {
    long groups = Math.max(1, cacheBytes / bytesOfGroup);
    return Math.toIntExact(Math.min(streams, groups * group));
  }

  private static long ceilDivide(long a, long b) {
    return (a - 1) / b + 1;
  }
}
