package io.polyspark.model.tensor;

import io.polyspark.model.activation.MlpActivation;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * The only place where arithmetic on arrays is spelled out. Letters: B sequences, T positions, N =
 * B*T rows, D hidden size, F intermediate size, V vocabulary, d head size. Activations between
 * blocks are [N, D] row-major; a linear layer's weight is [out, in].
 *
 * <p>Every operation writes into tensors of the caller's and allocates nothing that grows with the
 * number of calls. The same inputs give the same bits whenever the number of threads is the same.
 * An instance serves one thread at a time.
 */
public interface Kernels extends Elementwise, AutoCloseable {
  /** What computes, in words, for logs and for {@code trainer.json}. */
  String description();

  /** The dtype of all tensors. */
  Precision precision();

  /**
   * A new tensor of zeros, freed by {@link #close}. A back end whose products read a shorter dtype
   * may keep its elements in that.
   */
  Tensor allocate(long rows, long columns);

  /** As {@link #allocate}, with elements of {@link #precision} in any case. */
  default Tensor allocateExact(long rows, long columns) {
    return allocate(rows, columns);
  }

  /** The size of an element of {@link #allocate}. */
  default int bytesPerElement() {
    return precision().bytes();
  }

  /** A new list of ids, freed by {@link #close}. */
  Indices allocateIndices(int length);

  /**
   * A routing that {@link #route} can fill.
   *
   * @param memory gives lists of ids by their role, for a back end that routes where they lie
   */
  default Routing routing(
      int rows,
      int experts,
      int expertsPerRow,
      Routing.Weights weights,
      BiFunction<String, Integer, Indices> memory) {
    return new Routing(rows, experts, expertsPerRow, weights);
  }

  /**
   * The row of each slot as ids.
   *
   * @param room filled with them, unless the back end has them as ids already, [S]
   */
  default Indices rowOfSlot(Routing routing, Indices room) {
    upload(routing.rowOfSlot(), room);
    return room;
  }

  /**
   * Runs operations that are the same calls on the same tensors whenever it is called with the same
   * object: what a training step is. A back end may record them the first time and replay them as
   * one. What varies lies in tensors; results are read after it, not within.
   *
   * @param sequence which operations these are
   */
  default void repeat(Object sequence, Runnable operations) {
    operations.run();
  }

  /**
   * A part of a flat vector as a tensor over the same memory, which whoever owns the vector still
   * owns.
   *
   * @param flat of a kind that this back end knows: what holds it for DL4J
   * @param offset of the first element
   */
  Tensor view(FlatVector flat, long offset, long rows, long columns);

  /** Copies ids, as many as {@code into} holds. */
  void upload(int[] ids, Indices into);

  /** Copies as many numbers as {@code into} has elements, row-major. */
  void upload(double[] from, Tensor into);

  /** Copies a tensor's elements, row-major, into {@code into}, which is at least as long. */
  void download(Tensor from, double[] into);

  /** Adds a number to one element of a vector. */
  void add(double value, Tensor into, int index);

  /**
   * Rows [from, to) of a tensor as a tensor over the same memory, which whoever owns {@code of}
   * still owns; {@code from < to}.
   */
  Tensor rows(Tensor of, long from, long to);

  /**
   * This back end's own way to compute an activation, or the activation itself, which is written
   * over {@link Elementwise}.
   */
  default MlpActivation fused(MlpActivation activation) {
    return activation;
  }

  /** {@code y[N, out] (+)= x[N, in] * weight[out, in]^T}. */
  void linear(Tensor x, Tensor weight, Tensor y, Into into);

  /**
   * {@code y[N, out] = summand[N, out] + x[N, in] * weight[out, in]^T}, where the summand lies
   * elsewhere than y and stays as it is.
   */
  default void linearPlus(Tensor x, Tensor weight, Tensor summand, Tensor y) {
    copy(summand, y);
    linear(x, weight, y, Into.ADD);
  }

  /** {@code dX[N, in] (+)= dY[N, out] * weight[out, in]}. */
  void linearInputGradient(Tensor dY, Tensor weight, Tensor dX, Into into);

  /** {@code dWeight[out, in] += dY[N, out]^T * x[N, in]}. */
  void linearWeightGradient(Tensor dY, Tensor x, Tensor dWeight);

  /**
   * {@link #linear} on the rows of each expert with its own weight. Letters as in {@link Routing};
   * experts that no row chose have nothing to do.
   *
   * @param x [S, in]
   * @param weights of each expert, [out, in]
   * @param y [S, out]
   */
  default void expertsLinear(Tensor x, List<Tensor> weights, Routing routing, Tensor y, Into into) {
    for (int e = 0; e < weights.size(); e++) {
      int begin = routing.begin(e);
      int end = routing.end(e);
      if (begin < end) {
        linear(rows(x, begin, end), weights.get(e), rows(y, begin, end), into);
      }
    }
  }

  /** {@link #linearInputGradient} likewise; dY [S, out], dX [S, in]. */
  default void expertsInputGradient(
      Tensor dY, List<Tensor> weights, Routing routing, Tensor dX, Into into) {
    for (int e = 0; e < weights.size(); e++) {
      int begin = routing.begin(e);
      int end = routing.end(e);
      if (begin < end) {
        linearInputGradient(rows(dY, begin, end), weights.get(e), rows(dX, begin, end), into);
      }
    }
  }

  /** {@link #linearWeightGradient} likewise; dY [S, out], x [S, in]. */
  default void expertsWeightGradient(Tensor dY, Tensor x, Routing routing, List<Tensor> dWeights) {
    for (int e = 0; e < dWeights.size(); e++) {
      int begin = routing.begin(e);
      int end = routing.end(e);
      if (begin < end) {
        linearWeightGradient(rows(dY, begin, end), rows(x, begin, end), dWeights.get(e));
      }
    }
  }

  /** {@code out[i] = table[ids[i]]}, table [V, D]. */
  void gatherRows(Tensor table, Indices ids, Tensor out);

  /** {@code dTable[ids[i]] += dOut[i]}, in the order of i. */
  void scatterAddRows(Tensor dOut, Indices ids, Tensor dTable);

  /**
   * RMSNorm (arXiv 1910.07467), over rows: {@code inverseRms = 1 / sqrt(mean(x^2) + eps)}, {@code y
   * = x * inverseRms * weight}.
   *
   * @param weight [1, columns of x]
   * @param inverseRms [rows, 1], kept for the gradient
   */
  void rmsNorm(Tensor x, Tensor weight, double eps, Tensor inverseRms, Tensor y);

  /**
   * Gradient of {@link #rmsNorm}: {@code dX (+)= ...}, {@code dWeight += ...}. {@code dX} may be
   * {@code dY} to overwrite.
   */
  void rmsNormGradient(
      Tensor dY, Tensor x, Tensor weight, Tensor inverseRms, Tensor dX, Into into, Tensor dWeight);

  /**
   * Rotary positions in place (arXiv 2104.09864, rotate-half): the pair (i, i + d/2) of each head
   * of a row at position t is turned by {@code t * theta^(-2i/d)}.
   *
   * @param x [B*T, heads * d]
   */
  void rotary(Tensor x, int positions, int headSize, double theta);

  /**
   * {@link #rotary} of some positions of one sequence: row i is at position {@code first + i}.
   *
   * @param x [n, heads * d], {@code first + n <= positions}
   */
  void rotaryFrom(Tensor x, int first, int positions, int headSize, double theta);

  /** Gradient of {@link #rotary}, in place: the turn back. */
  void rotaryGradient(Tensor dX, int positions, int headSize, double theta);

  /**
   * The columns of the tensor in which attention keeps, from the forward pass to its gradient, what
   * this back end would not compute twice; 0 for none.
   */
  int attentionKeptPerRow(AttentionShape shape);

  /**
   * Causal attention, {@code softmax(q k^T / sqrt(d) + mask) v} per sequence and head.
   *
   * @param q [B*T, H*d]
   * @param k [B*T, keyValueHeads*d]
   * @param v as k
   * @param kept [N, {@link #attentionKeptPerRow}], filled for the gradient; null where that is 0
   * @param out as q
   */
  void attention(Tensor q, Tensor k, Tensor v, AttentionShape shape, Tensor kept, Tensor out);

  /**
   * Gradient of {@link #attention}; overwrites {@code dQ}, {@code dK}, {@code dV}. It comes once
   * for a forward pass, because it may use up what was kept.
   *
   * @param out as the forward pass left it
   */
  void attentionGradient(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor dOut,
      AttentionShape shape,
      Tensor kept,
      Tensor dQ,
      Tensor dK,
      Tensor dV);

  /**
   * Causal attention of some positions of one sequence over the keys and values of all positions up
   * to them: row i of the queries is at position {@code first + i}. What lies at later positions is
   * not looked at, but finite.
   *
   * @param q [n, H*d], {@code first + n <= T}
   * @param k [T, keyValueHeads*d]
   * @param v as k
   * @param shape of T positions and one sequence
   * @param out as q
   */
  void cachedAttention(Tensor q, Tensor k, Tensor v, AttentionShape shape, int first, Tensor out);

  /**
   * Routes the rows of a mixture of experts (OLMoE, arXiv 2409.02060): the softmax over all
   * experts, each row's K experts, a slot for every row at each of them, and what will multiply
   * their outputs. Letters as in {@link Routing}; at least in float32.
   *
   * @param logits [N, E]
   * @param routing filled: the K largest probabilities of each row, of equal ones the lowest expert
   * @param probabilities overwritten, [N, E]
   * @param logSumExp overwritten with log(sum over experts of exp(logit)), [N, 1]
   * @param weights overwritten in the order of the slots, [S, 1]
   */
  void route(
      Tensor logits, Routing routing, Tensor probabilities, Tensor logSumExp, Tensor weights);

  /**
   * Gradient of {@link #route}: that of the weights, which lead back to the probabilities, and
   * those of two losses on the router.
   *
   * @param dWeights in the order of the slots, [S, 1]
   * @param balanceFactor the gradient of each expert's probability by a loss on their means is this
   *     times its {@link Routing#share}, the same in every row
   * @param zFactor the gradient of a row's logSumExp is {@code zFactor * logSumExp}
   * @param dLogits overwritten, [N, E]
   */
  void routeGradient(
      Tensor probabilities,
      Tensor logSumExp,
      Routing routing,
      Tensor dWeights,
      double balanceFactor,
      double zFactor,
      Tensor dLogits);

  /**
   * Cross-entropy of {@code softmax(x * weight^T)} against the targets, in tiles of rows, so that
   * [N, V] is never held.
   *
   * @param x [N, D]
   * @param weight [V, D]
   * @param losses [N, 1], natural logarithm
   */
  void crossEntropy(Tensor x, Tensor weight, Indices targets, Tensor losses);

  /**
   * As {@link #crossEntropy}, and in the same pass the gradient of the losses' mean: {@code dX =
   * ...}, {@code dWeight += ...}.
   */
  void crossEntropyWithGradient(
      Tensor x, Tensor weight, Indices targets, Tensor losses, Tensor dX, Tensor dWeight);

  /** The sum of the squares of all elements of all tensors. */
  default double squares(List<Tensor> tensors) {
    double sum = 0;
    for (Tensor tensor : tensors) {
      sum += dot(tensor, tensor);
    }
    return sum;
  }

  /**
   * The most elements of a stretch that {@link #adamW} should get at a time: short enough, on a
   * CPU, that a piece of all four vectors stays in the cache.
   */
  default long adamWPiece() {
    return 1L << 18;
  }

  /**
   * Says that {@link #adamW} will step a stretch of matrices, before anything is computed with
   * them: a back end whose products read a shorter dtype may keep the stretch in that as well.
   */
  default void willStep(Tensor parameters) {}

  /**
   * One step of AdamW (arXiv 1711.05101) on a stretch of the flat vectors, in one pass: {@code g' =
   * gradientScale g}, {@code m = beta1 m + (1 - beta1) g'}, {@code v = beta2 v + (1 - beta2) g'^2},
   * {@code p = parameterScale p - rate * m' / (sqrt(v') + eps)} with bias-corrected m', v'. The
   * gradient's memory may be overwritten.
   */
  void adamW(Tensor p, Tensor g, Tensor m, Tensor v, AdamWStep step);

  /** The bytes of what products read in place of so many parameters, which are float32. */
  default long bytesOfCopies(long parameters) {
    return 0;
  }

  /**
   * The bytes that this back end takes beside the tensors that its callers allocate, for a model of
   * these sizes.
   *
   * @param hiddenSize D
   * @param intermediateSize F
   * @param slots rows that the MLPs, or experts, meet: N*K
   * @param vocabSize V
   */
  long scratchBytes(
      AttentionShape shape, long hiddenSize, long intermediateSize, long slots, long vocabSize);

  /** Waits until everything asked for so far is computed; only clocks need it. */
  default void await() {}

  /**
   * Records matrix products from here on, until the recording is closed; for measurements. Nothing
   * where this back end cannot tell products from the rest.
   */
  default Optional<ProductRecording> recordProducts() {
    return Optional.empty();
  }

  @Override
  void close();
}
