package io.polyspark.model.tensor.nd4j;

import static io.polyspark.model.tensor.nd4j.Nd4jTensor.array;
import static io.polyspark.model.tensor.nd4j.Nd4jTensor.transposed;

import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.BlasCore;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.updaters.AdamUpdater;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@link Kernels} by ND4J's operations: runs on every back end of ND4J and in both precisions, and
 * is the oracle that faster implementations are tested against.
 */
public final class Nd4jKernels extends Nd4jElementwise implements Kernels {
  private static final long TILE_ELEMENTS = 1L << 22;

  static {
    BlasCore.settle();
  }

  private final Precision precision;
  private final DataType type;
  private final Nd4jAttention attention;
  private final Nd4jCrossEntropy crossEntropy;
  private final Nd4jRotary rotary;
  private final List<INDArray> allocated = new ArrayList<>();

  /** Kernels of that precision on the back end that ND4J found. */
  public Nd4jKernels(Precision precision) {
    this(precision, TILE_ELEMENTS);
  }

  /**
   * @param tileElements the most elements of one tile of attention scores, and of logits
   */
  Nd4jKernels(Precision precision, long tileElements) {
    super(new Scratch(dataType(precision)));
    this.precision = precision;
    this.type = dataType(precision);
    this.attention = new Nd4jAttention(scratch, type, tileElements);
    this.crossEntropy = new Nd4jCrossEntropy(scratch, tileElements);
    this.rotary = new Nd4jRotary(scratch, type);
  }

  /** ND4J's name of a precision. */
  public static DataType dataType(Precision precision) {
    return precision == Precision.FLOAT32 ? DataType.FLOAT : DataType.DOUBLE;
  }

  @Override
  public String description() {
    return "nd4j on " + Nd4jBackend.here().className();
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public Tensor allocate(long rows, long columns) {
    INDArray array = Nd4j.create(type, rows, columns);
    allocated.add(array);
    return Nd4jTensor.view(array, rows, columns);
  }

  @Override
  public Tensor view(FlatVector flat, long offset, long rows, long columns) {
    return Nd4jTensor.view(((Nd4jFlatVector) flat).piece(offset, rows * columns), rows, columns);
  }

  @Override
  public Indices allocateIndices(int length) {
    Nd4jIndices indices = new Nd4jIndices(length);
    allocated.add(Nd4jIndices.array(indices));
    return indices;
  }

  @Override
  public void upload(int[] ids, Indices into) {
    ((Nd4jIndices) into).set(ids);
  }

  @Override
  public void upload(double[] from, Tensor into) {
    array(into).assign(Nd4j.createFromArray(from).reshape('c', into.rows(), into.columns()));
  }

  @Override
  public void download(Tensor from, double[] into) {
    try (INDArray copy = array(from).dup('c')) {
      System.arraycopy(copy.data().asDouble(), 0, into, 0, Math.toIntExact(from.length()));
    }
  }

  @Override
  public void add(double value, Tensor into, int index) {
    array(into).putScalar(index, array(into).getDouble(index) + value);
  }

  @Override
  public Tensor rows(Tensor of, long from, long to) {
    return Nd4jTensor.rows(of, from, to);
  }

  @Override
  public void linear(Tensor x, Tensor weight, Tensor y, Into into) {
    Blas.product(array(weight), transposed(x), transposed(y), into);
  }

  @Override
  public void linearInputGradient(Tensor dY, Tensor weight, Tensor dX, Into into) {
    Blas.product(transposed(weight), transposed(dY), transposed(dX), into);
  }

  @Override
  public void linearWeightGradient(Tensor dY, Tensor x, Tensor dWeight) {
    Blas.product(transposed(x), array(dY), transposed(dWeight), Into.ADD);
  }

  @Override
  public void gatherRows(Tensor table, Indices ids, Tensor out) {
    Nd4j.exec(
        DynamicCustomOp.builder("gather")
            .addInputs(array(table), Nd4jIndices.array(ids))
            .addOutputs(array(out))
            .addIntegerArguments(0)
            .build());
  }

  @Override
  public void scatterAddRows(Tensor dOut, Indices ids, Tensor dTable) {
    Nd4jScatter.add(array(dTable), Nd4jIndices.array(ids), array(dOut));
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, double eps, Tensor inverseRms, Tensor y) {
    multiply(x, x, y);
    sumOverColumns(y, inverseRms);
    inverseSquareRoot(inverseRms, 1.0 / x.columns(), eps, inverseRms);
    scaleRows(x, inverseRms, y);
    scaleColumns(y, weight, y);
  }

  /**
   * With r = inverseRms: {@code dX = r dY weight - x r^3 mean(dY x weight)}, {@code dWeight = sum
   * of dY x r}. Both sums are products of dY x with a vector.
   */
  @Override
  public void rmsNormGradient(
      Tensor dY, Tensor x, Tensor weight, Tensor inverseRms, Tensor dX, Into into, Tensor dWeight) {
    Tensor product = temporary("rmsNorm.product", x);
    Tensor weighted = into == Into.ADD ? temporary("rmsNorm.weighted", x) : dX;
    Tensor mean = Nd4jTensor.view(scratch.array("rmsNorm.mean", x.rows(), 1), x.rows(), 1);
    multiply(dY, x, product);
    Blas.product(transposed(product), array(inverseRms), transposed(dWeight), Into.ADD);
    Blas.product(array(weight), transposed(product), transposed(mean), Into.OVERWRITE);
    for (int power = 1; power <= 3; power++) {
      multiply(mean, inverseRms, mean);
    }
    scaleAndShift(mean, -1.0 / x.columns(), 0, mean);

    scaleColumns(dY, weight, weighted);
    scaleRows(weighted, inverseRms, weighted);
    scaleRows(x, mean, product);
    addScaled(product, 1, weighted);
    if (into == Into.ADD) {
      addScaled(weighted, 1, dX);
    }
  }

  private Tensor temporary(String role, Tensor like) {
    return Nd4jTensor.view(
        scratch.array(role, like.rows(), like.columns()), like.rows(), like.columns());
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
    return Nd4jAttention.keptPerRow(shape);
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
    attention.backward(q, k, v, dOut, shape, kept, dQ, dK, dV);
  }

  @Override
  public void cachedAttention(
      Tensor q, Tensor k, Tensor v, AttentionShape shape, int first, Tensor out) {
    Nd4jCachedAttention.run(scratch, q, k, v, shape, first, out);
  }

  @Override
  public void route(
      Tensor logits, Routing routing, Tensor probabilities, Tensor logSumExp, Tensor weights) {
    Nd4jRouter.forward(
        array(logits), routing, array(probabilities), array(logSumExp), array(weights));
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
    Nd4jRouter.backward(
        array(probabilities),
        array(logSumExp),
        routing,
        array(dWeights),
        balanceFactor,
        zFactor,
        array(dLogits));
  }

  @Override
  public void crossEntropy(Tensor x, Tensor weight, Indices targets, Tensor losses) {
    crossEntropy.run(array(x), array(weight), Nd4jIndices.ids(targets), array(losses), null);
  }

  @Override
  public void crossEntropyWithGradient(
      Tensor x, Tensor weight, Indices targets, Tensor losses, Tensor dX, Tensor dWeight) {
    crossEntropy.run(
        array(x),
        array(weight),
        Nd4jIndices.ids(targets),
        array(losses),
        new Nd4jCrossEntropy.Gradients(array(dX), array(dWeight)));
  }

  /**
   * ND4J's fused update adds eps to the root of the moment before its bias is corrected; eps times
   * the correction makes it the same as after.
   */
  @Override
  public void adamW(Tensor p, Tensor g, Tensor m, Tensor v, AdamWStep step) {
    if (step.gradientScale() != 1) {
      scaleAndShift(g, step.gradientScale(), 0, g);
    }
    if (step.parameterScale() != 1) {
      scaleAndShift(p, step.parameterScale(), 0, p);
    }
    Nd4j.exec(
        new AdamUpdater(
            array(g),
            array(v),
            array(m),
            step.rate(),
            step.beta1(),
            step.beta2(),
            step.eps() * Math.sqrt(step.correction2()),
            Math.toIntExact(step.step() - 1)));
    addScaled(g, -1, p);
  }

  @Override
  public long scratchBytes(
      AttentionShape shape, long hiddenSize, long intermediateSize, long slots, long vocabSize) {
    long rows = (long) shape.sequences() * shape.positions();
    long hidden = rows * hiddenSize;
    long normsAndRotary = 4 * hidden + 3 * rows;
    long rotaryTables =
        2L * shape.positions() * (shape.heads() + shape.keyValueHeads()) * shape.headSize();
    return precision.bytes()
        * (attention.scratchElements(shape)
            + crossEntropy.scratchElements(rows, vocabSize)
            + normsAndRotary
            + rotaryTables);
  }

  @Override
  public void close() {
    allocated.forEach(INDArray::close);
    allocated.clear();
    attention.close();
    rotary.close();
    scratch.close();
  }
}
