package io.polyspark.model.dl4j;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.transformer.ActivationHealth;
import io.polyspark.model.transformer.ExpertLoad;
import io.polyspark.model.transformer.ForwardObserver;
import io.polyspark.model.transformer.Parameters;
import io.polyspark.model.transformer.Transformer;
import java.util.List;
import java.util.Objects;

/**
 * A {@link Transformer} with all the memory that batches of one shape need, and the way of token
 * ids and losses between the heap and that memory. Letters: B sequences, T positions, N = B*T, V
 * vocabulary.
 */
final class BatchPass implements AutoCloseable {
  /** Positions that are scored at a time where few of a batch are. */
  private static final int MOST_SELECTED = 256;

  /**
   * Room for some positions of a batch: n numbers of positions, their targets [n], hidden states
   * [n, D] and losses [n, 1].
   */
  private record Selection(Indices rows, Indices targets, Tensor hidden, Tensor losses) {}

  private final ModelConfig config;
  private final Kernels kernels;
  private final MemoryPlan plan;
  private final int batch;
  private final int context;
  private final MemoryPlan.Purpose purpose;
  private final Transformer transformer;
  private final Indices tokens;
  private final Indices targets;
  private final Parameters gradients;
  private final Tensor losses;
  private final double[] downloadedLosses;

  /** Of the batch, once they were asked for: on a device they have to be fetched. */
  private List<ExpertLoad> expertLoads;

  private final Indices row;
  private final Tensor rowHidden;
  private final Tensor rowLogits;

  /**
   * @param kernels closed with this
   * @param plan where memory comes from
   * @param gradients null but for {@link MemoryPlan.Purpose#TRAINING}
   */
  BatchPass(
      ModelConfig config,
      ComputeOptions options,
      Kernels kernels,
      MemoryPlan plan,
      int batch,
      int context,
      Parameters parameters,
      Parameters gradients) {
    this.config = config;
    this.kernels = kernels;
    this.plan = plan;
    this.batch = batch;
    this.context = context;
    this.purpose = plan.purpose();
    this.transformer =
        new Transformer(
            config, kernels, plan, options.recompute(), parameters, gradients, batch, context);
    int rows = Math.multiplyExact(batch, context);
    this.tokens = plan.indices("tokens", rows);
    this.targets = plan.indices("targets", rows);
    this.losses = plan.shared("losses", rows, 1);
    this.row = plan.indices("row", 1);
    this.rowHidden = plan.shared("row.hidden", 1, config.hiddenSize());
    this.rowLogits = plan.shared("row.logits", 1, config.vocabSize());
    this.gradients = gradients;
    this.downloadedLosses = new double[rows];
  }

  /** Whether it can serve a batch; what serves training serves all else too. */
  boolean serves(int wantedBatch, int wantedContext, MemoryPlan.Purpose wanted) {
    return batch == wantedBatch
        && context == wantedContext
        && (purpose == wanted || purpose == MemoryPlan.Purpose.TRAINING);
  }

  /**
   * The forward pass; everything below is about the batch that it saw last.
   *
   * @param ids [N]
   */
  void forward(int[] ids) {
    begin(ids);
    transformer.forward(tokens);
  }

  /** As {@link #forward}, and measures what {@link #activationHealth} says. */
  void forwardWatched(int[] ids) {
    begin(ids);
    transformer.forwardWatched(tokens);
  }

  /** As {@link #forward}, and shows what it computes. */
  void forwardObserved(int[] ids, ForwardObserver observer) {
    begin(ids);
    transformer.forwardObserved(tokens, observer);
  }

  /**
   * The cross-entropy of every position.
   *
   * @param ids the targets, [N]
   * @return [N], in nats; valid until the next batch
   */
  double[] losses(int[] ids) {
    upload(ids, targets);
    transformer.losses(targets, losses);
    return downloadLosses();
  }

  /**
   * The cross-entropy of some positions.
   *
   * @param positions b*T + t of each, n of them
   * @param ids their targets, [n]
   * @return [n], in nats; the caller's own
   */
  double[] losses(int[] positions, int[] ids) {
    Selection selection = selection();
    int most = selection.rows().length();
    double[] result = new double[positions.length];
    double[] tile = new double[most];
    for (int from = 0; from < positions.length; from += most) {
      int count = Math.min(most, positions.length - from);
      // The last tile's room is filled with the batch's first position, whose loss nobody reads.
      int[] rows = new int[most];
      int[] wanted = new int[most];
      System.arraycopy(positions, from, rows, 0, count);
      System.arraycopy(ids, from, wanted, 0, count);
      for (int position : rows) {
        Objects.checkIndex(position, batch * context);
      }
      kernels.upload(rows, selection.rows());
      upload(wanted, selection.targets());
      transformer.losses(
          selection.rows(), selection.hidden(), selection.targets(), selection.losses());
      kernels.download(selection.losses(), tile);
      System.arraycopy(tile, 0, result, from, count);
    }
    return result;
  }

  /** Takes the memory of {@link #losses(int[], int[])} now, which else is taken when asked for. */
  void reserveSelection() {
    selection();
  }

  private Selection selection() {
    int rows = Math.min(MOST_SELECTED, batch * context);
    return new Selection(
        plan.indices("selected.rows", rows),
        plan.indices("selected.targets", rows),
        plan.shared("selected.hidden", rows, config.hiddenSize()),
        plan.shared("selected.losses", rows, 1));
  }

  /**
   * Sets the gradients to that of the mean cross-entropy plus {@link #routerLoss}.
   *
   * @param ids the targets, [N]
   * @return the cross-entropy of every position, [N], in nats; valid until the next batch
   */
  double[] backward(int[] ids) {
    upload(ids, targets);
    gradients.forEach(gradient -> kernels.fill(gradient, 0));
    transformer.backward(tokens, targets, losses);
    return downloadLosses();
  }

  /**
   * {@link #forward} and {@link #backward} of one batch in one go, which kernels may replay.
   *
   * @param ids [N]
   * @param targetIds [N]
   * @return as {@link #backward}
   */
  double[] pass(int[] ids, int[] targetIds) {
    begin(ids);
    upload(targetIds, targets);
    kernels.repeat(
        this,
        () -> {
          transformer.forward(tokens);
          gradients.forEach(gradient -> kernels.fill(gradient, 0));
          transformer.backward(tokens, targets, losses);
        });
    return downloadLosses();
  }

  private double[] downloadLosses() {
    kernels.download(losses, downloadedLosses);
    return downloadedLosses;
  }

  /** What the batch adds to the mean cross-entropy; 0 for a dense model. */
  double routerLoss() {
    return transformer.routerLoss(expertLoads());
  }

  /** How the last watched batch used the activation of each layer. */
  List<ActivationHealth> activationHealth() {
    return transformer.activationHealth();
  }

  /** How the batch used the experts of each layer; empty for a dense model. */
  List<ExpertLoad> expertLoads() {
    if (expertLoads == null) {
      expertLoads = transformer.expertLoads();
    }
    return expertLoads;
  }

  /**
   * The scores of all tokens at every position.
   *
   * @param into [N, V], row-major
   */
  void logits(FlatVector into) {
    transformer.logits(kernels.view(into, 0, (long) batch * context, config.vocabSize()));
  }

  /**
   * The scores of all tokens at one position.
   *
   * @param position b*T + t
   * @return [V]
   */
  double[] logits(int position) {
    kernels.upload(new int[] {position}, row);
    transformer.logits(row, rowHidden, rowLogits);
    return download(rowLogits);
  }

  /** A new batch, of which nothing is known yet. */
  private void begin(int[] ids) {
    expertLoads = null;
    upload(ids, tokens);
  }

  /** An id beyond the vocabulary would read beyond the table. */
  private void upload(int[] ids, Indices into) {
    if (ids.length != into.length()) {
      throw new IllegalArgumentException(
          ids.length + " token ids for a batch of " + batch + " x " + context);
    }
    for (int id : ids) {
      if (id < 0 || id >= config.vocabSize()) {
        throw new IllegalArgumentException(
            "The token id " + id + " is not in the vocabulary of " + config.vocabSize());
      }
    }
    kernels.upload(ids, into);
  }

  private double[] download(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    kernels.download(tensor, values);
    return values;
  }

  @Override
  public void close() {
    kernels.close();
  }
}
