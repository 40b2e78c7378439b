package io.polyspark.model.tensor.cuda;

import static io.polyspark.model.tensor.cuda.CudaTensor.cuda;

import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * {@link Kernels} for NVIDIA's cards of compute capability 8.0 and newer: products by cuBLASLt,
 * everything else by kernels of our own, which are compiled for the card when first needed.
 * Activations are float32 or bfloat16, sums and all that is kept between steps float32.
 *
 * <p>Where an operation is computed follows from the order of the calls alone, and no sum is taken
 * in an order that varies: the same inputs give the same bits on the same kind of card.
 */
final class CudaKernels extends CudaElementwise implements Kernels {
  /** AdamW's stretches are as long as they come: the card splits them itself. */
  private static final long WHOLE_STRETCHES = 1L << 40;

  private final CudaSession session;
  private final CudaProducts products;
  private final CudaRmsNorm rmsNorm;
  private final CudaRotary rotary;
  private final CudaAttention attention;
  private final CudaGroupedProducts grouped;
  private final CudaRouter router;
  private final CudaEmbedding embedding;
  private final CudaCrossEntropy crossEntropy;
  private final CudaAdamW adamW;
  private final Replays replays;
  private final List<Extent> extents = new ArrayList<>();
  private final List<CudaRouting> routings = new ArrayList<>();

  /** Kernels on a session's stream, which is closed after them. */
  CudaKernels(CudaSession session) {
    super(session);
    this.session = session;
    this.products = new CudaProducts(session, this);
    this.rmsNorm = new CudaRmsNorm(session);
    this.rotary = new CudaRotary(session);
    this.attention = new CudaAttention(session);
    this.grouped = new CudaGroupedProducts(session, session.dtype());
    this.router = new CudaRouter(session);
    this.embedding = new CudaEmbedding(session);
    this.crossEntropy = new CudaCrossEntropy(session, products);
    this.adamW = new CudaAdamW(session);
    this.replays = new Replays(session);
  }

  /**
   * What kernels on a card say of themselves.
   *
   * @param capability the card's compute capability
   * @param dtype what products read
   */
  static String description(String capability, Dtype dtype) {
    return String.format(
        Locale.ROOT,
        "cuda, compute capability %s, products of %s",
        capability,
        dtype.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public String description() {
    return description(session.card().capability(), session.dtype());
  }

  @Override
  public Precision precision() {
    return Precision.FLOAT32;
  }

  @Override
  public int bytesPerElement() {
    return session.activations().bytes();
  }

  @Override
  public Tensor allocate(long rows, long columns) {
    return allocate(rows, columns, columns == 1 ? ElementType.F32 : session.activations());
  }

  @Override
  public Tensor allocateExact(long rows, long columns) {
    return allocate(rows, columns, ElementType.F32);
  }

  private Tensor allocate(long rows, long columns, ElementType type) {
    Extent extent = planned();
    return new CudaTensor(extent, extent.plan(rows * columns * type.bytes()), rows, columns, type);
  }

  @Override
  public Indices allocateIndices(int length) {
    Extent extent = planned();
    return new CudaIndices(extent, extent.plan((long) length * Integer.BYTES), length);
  }

  /** The memory that is not taken yet. */
  private Extent planned() {
    if (extents.isEmpty() || extents.get(extents.size() - 1).isTaken()) {
      extents.add(new Extent(session, "the activations of a batch"));
    }
    return extents.get(extents.size() - 1);
  }

  @Override
  public Routing routing(
      int rows,
      int experts,
      int expertsPerRow,
      Routing.Weights weights,
      BiFunction<String, Integer, Indices> memory) {
    CudaRouting routing = CudaRouting.in(session, rows, experts, expertsPerRow, weights, memory);
    routings.add(routing);
    return routing;
  }

  @Override
  public Indices rowOfSlot(Routing routing, Indices room) {
    return ((CudaRouting) routing).rowOfSlotOnCard();
  }

  @Override
  public void repeat(Object sequence, Runnable operations) {
    session.refreshCopies(this);
    replays.run(sequence, operations);
    routings.forEach(CudaRouting::stale);
  }

  @Override
  public Tensor view(FlatVector flat, long offset, long rows, long columns) {
    if (flat instanceof CudaVector vector) {
      return vector.view(offset, rows, columns);
    }
    throw new IllegalArgumentException(
        "A " + flat.getClass().getSimpleName() + " is not in the card's memory");
  }

  @Override
  public void upload(int[] ids, Indices into) {
    session.write(ids, CudaIndices.cuda(into));
  }

  @Override
  public void upload(double[] from, Tensor into) {
    float[] rounded = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      rounded[i] = (float) from[i];
    }
    session.write(rounded, cuda(into));
  }

  @Override
  public void download(Tensor from, double[] into) {
    session.read(cuda(from), into);
  }

  @Override
  public void add(double value, Tensor into, int index) {
    CudaTensor whole = cuda(into);
    CudaTensor element =
        new CudaTensor(
            whole.memory(),
            whole.offset() + (long) index * whole.type().bytes(),
            1,
            1,
            whole.type());
    double[] number = new double[1];
    download(element, number);
    upload(new double[] {number[0] + value}, element);
  }

  @Override
  public Tensor rows(Tensor of, long from, long to) {
    return cuda(of).rows(from, to);
  }

  @Override
  public MlpActivation fused(MlpActivation activation) {
    return CudaActivations.fused(session, activation);
  }

  @Override
  public void linear(Tensor x, Tensor weight, Tensor y, Into into) {
    products.linear(x, weight, y, into);
  }

  @Override
  public void linearPlus(Tensor x, Tensor weight, Tensor summand, Tensor y) {
    products.linearPlus(x, weight, summand, y);
  }

  @Override
  public void linearInputGradient(Tensor dY, Tensor weight, Tensor dX, Into into) {
    products.linearInputGradient(dY, weight, dX, into);
  }

  @Override
  public void linearWeightGradient(Tensor dY, Tensor x, Tensor dWeight) {
    products.linearWeightGradient(dY, x, dWeight);
  }

  @Override
  public void expertsLinear(Tensor x, List<Tensor> weights, Routing routing, Tensor y, Into into) {
    grouped.linear(
        products.operand(x, "x"),
        operands(weights),
        ((CudaRouting) routing).beginsOnCard(),
        y,
        into);
  }

  @Override
  public void expertsInputGradient(
      Tensor dY, List<Tensor> weights, Routing routing, Tensor dX, Into into) {
    grouped.inputGradient(
        products.operand(dY, "x"),
        operands(weights),
        ((CudaRouting) routing).beginsOnCard(),
        dX,
        into);
  }

  @Override
  public void expertsWeightGradient(Tensor dY, Tensor x, Routing routing, List<Tensor> dWeights) {
    grouped.weightGradient(
        products.operand(dY, "weight"),
        products.operand(x, "x"),
        ((CudaRouting) routing).beginsOnCard(),
        dWeights);
  }

  private List<Tensor> operands(List<Tensor> weights) {
    return weights.stream().<Tensor>map(weight -> products.operand(weight, "weight")).toList();
  }

  @Override
  public void gatherRows(Tensor table, Indices ids, Tensor out) {
    embedding.gatherRows(table, ids, out);
  }

  @Override
  public void scatterAddRows(Tensor dOut, Indices ids, Tensor dTable) {
    Optional<CudaRouting> routing =
        routings.stream().filter(each -> each.rowOfSlotOnCard() == ids).findFirst();
    if (routing.isPresent()) {
      embedding.combine(cuda(dOut), routing.get(), cuda(dTable));
    } else {
      embedding.scatterAddRows(dOut, ids, dTable);
    }
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, double eps, Tensor inverseRms, Tensor y) {
    rmsNorm.forward(x, weight, eps, inverseRms, y);
  }

  @Override
  public void rmsNormGradient(
      Tensor dY, Tensor x, Tensor weight, Tensor inverseRms, Tensor dX, Into into, Tensor dWeight) {
    rmsNorm.backward(dY, x, weight, inverseRms, dX, into, dWeight);
  }

  @Override
  public void rotary(Tensor x, int positions, int headSize, double theta) {
    rotary.forward(x, positions, headSize, theta);
  }

  @Override
  public void rotaryFrom(Tensor x, int first, int positions, int headSize, double theta) {
    rotary.forwardFrom(x, first, positions, headSize, theta);
  }

  @Override
  public void rotaryGradient(Tensor dX, int positions, int headSize, double theta) {
    rotary.backward(dX, positions, headSize, theta);
  }

  @Override
  public int attentionKeptPerRow(AttentionShape shape) {
    return attention.keptPerRow(shape);
  }

  @Override
  public void attention(
      Tensor q, Tensor k, Tensor v, AttentionShape shape, Tensor kept, Tensor out) {
    attention.forward(q, k, v, shape, kept, out);
  }

  @Override
  public void attentionGradient(
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
    attention.backward(q, k, v, out, dOut, shape, kept, dQ, dK, dV);
  }

  @Override
  public void cachedAttention(
      Tensor q, Tensor k, Tensor v, AttentionShape shape, int first, Tensor out) {
    attention.cached(q, k, v, shape, first, out);
  }

  @Override
  public void route(
      Tensor logits, Routing routing, Tensor probabilities, Tensor logSumExp, Tensor weights) {
    router.route(logits, (CudaRouting) routing, probabilities, logSumExp, weights);
  }

  @Override
  public void routeGradient(
      Tensor probabilities,
      Tensor logSumExp,
      Routing routing,
      Tensor dWeights,
      double balanceFactor,
      double zFactor,
      Tensor dLogits) {
    router.routeGradient(
        probabilities, logSumExp, (CudaRouting) routing, dWeights, balanceFactor, zFactor, dLogits);
  }

  @Override
  public void crossEntropy(Tensor x, Tensor weight, Indices targets, Tensor losses) {
    crossEntropy.crossEntropy(x, weight, targets, losses);
  }

  @Override
  public void crossEntropyWithGradient(
      Tensor x, Tensor weight, Indices targets, Tensor losses, Tensor dX, Tensor dWeight) {
    crossEntropy.crossEntropyWithGradient(x, weight, targets, losses, dX, dWeight);
  }

  @Override
  public double squares(List<Tensor> tensors) {
    return adamW.squares(tensors);
  }

  @Override
  public long adamWPiece() {
    return WHOLE_STRETCHES;
  }

  @Override
  public void willStep(Tensor parameters) {
    if (session.activations() != ElementType.F32
        && cuda(parameters).memory() instanceof CudaVector.Part part) {
      part.vector().rounded().keep(cuda(parameters));
    }
  }

  @Override
  public void adamW(Tensor p, Tensor g, Tensor m, Tensor v, AdamWStep step) {
    CudaTensor parameters = cuda(p);
    CudaTensor rounded =
        parameters.memory() instanceof CudaVector.Part part
            ? part.vector().rounded().step(parameters)
            : null;
    adamW.adamW(p, g, m, v, rounded, step);
  }

  @Override
  public long bytesOfCopies(long parameters) {
    return session.activations() == ElementType.F32
        ? 0
        : parameters * session.activations().bytes();
  }

  @Override
  public long scratchBytes(
      AttentionShape shape, long hiddenSize, long intermediateSize, long slots, long vocabSize) {
    long rows = (long) shape.sequences() * shape.positions();
    ElementType type = session.activations();
    // The residual stream's gradient is float32, and is rounded for the products that read it.
    long operands = type == ElementType.F32 ? 0 : 2 * rows * hiddenSize * type.bytes();
    long rotary = (long) shape.positions() * shape.headSize() * ElementType.F32.bytes();
    return MatrixLibrary.WORKSPACE_BYTES
        + operands
        + rotary
        + attention.scratchBytes(shape)
        + crossEntropy.scratchBytes(rows, vocabSize, type);
  }

  @Override
  public void await() {
    session.synchronise();
  }

  @Override
  public void close() {
    replays.close();
    session.release(extents);
  }
}
