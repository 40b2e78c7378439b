package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.VectorTensor.vector;

import io.polyspark.model.activation.GELU;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.activation.PolyNorm;
import io.polyspark.model.activation.PolyReLU;
import io.polyspark.model.activation.ReLU;
import io.polyspark.model.activation.SwiGLU;
import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.BlasCore;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.NativeVector;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.tensor.ProductRecording;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * {@link Kernels} in float32 on the CPU: products by OpenBLAS on strided views, everything else in
 * loops of the JDK's Vector API over the same off-heap memory. It needs the module {@code
 * jdk.incubator.vector}.
 */
public final class VectorKernels extends VectorElementwise implements Kernels {
  private static final long TILE_ELEMENTS = 1L << 22;

  static {
    BlasCore.settle();
  }

  private final Memory memory = new Memory();
  private final Dtype dtype;
  private final OpenBlasProducts blas;
  private final Products products;
  private final VectorEmbedding embedding;
  private final VectorRmsNorm rmsNorm;
  private final VectorRotary rotary;
  private final VectorAttention attention;
  private final VectorRouter router = new VectorRouter();
  private final VectorCrossEntropy crossEntropy;

  /** Kernels on the threads of this JVM, whose products read float32. */
  public VectorKernels() {
    this(Dtype.FLOAT32);
  }

  /**
   * Kernels on the threads of this JVM.
   *
   * @param dtype of the factors of linear layers and of the output projection; attention's scores
   *     stay in float32
   */
  public VectorKernels(Dtype dtype) {
    this(dtype, TILE_ELEMENTS);
  }

  /**
   * @param tileElements the most elements of one tile of logits
   */
  VectorKernels(Dtype dtype, long tileElements) {
    super(Workers.shared());
    this.dtype = dtype;
    this.blas = new OpenBlasProducts(workers);
    this.products = dtype == Dtype.BF16 ? new Bfloat16Products(workers) : blas;
    this.embedding = new VectorEmbedding(workers);
    this.rmsNorm = new VectorRmsNorm(workers);
    this.rotary = new VectorRotary(workers);
    this.attention = new VectorAttention(workers, blas);
    this.crossEntropy = new VectorCrossEntropy(workers, products, tileElements);
  }

  /** The number of lanes decides the order of sums, hence the bits. */
  @Override
  public String description() {
    String lanes = "vector, " + Lanes.COUNT + " lanes";
    return dtype == Dtype.BF16 ? lanes + ", products of bfloat16 by oneDNN" : lanes;
  }

  /** Whether this processor multiplies bfloat16 by instructions of its own. */
  public static boolean multipliesBfloat16() {
    return OneDnn.multipliesBfloat16();
  }

  @Override
  public Precision precision() {
    return Precision.FLOAT32;
  }

  @Override
  public Tensor allocate(long rows, long columns) {
    return memory.allocate(rows, columns);
  }

  @Override
  public Indices allocateIndices(int length) {
    return new VectorIndices(length);
  }

  @Override
  public Tensor view(FlatVector flat, long offset, long rows, long columns) {
    NativeVector vector = (NativeVector) flat;
    if (vector.precision() != Precision.FLOAT32) {
      throw new IllegalArgumentException("A vector of " + vector.precision() + " for float32");
    }
    return VectorTensor.at(vector.address() + offset * Float.BYTES, rows, columns, flat);
  }

  @Override
  public void upload(int[] ids, Indices into) {
    ((VectorIndices) into).set(ids);
  }

  @Override
  public void upload(double[] from, Tensor into) {
    VectorTensor tensor = vector(into);
    for (int i = 0; i < tensor.length(); i++) {
      tensor.set(i, (float) from[i]);
    }
  }

  @Override
  public void download(Tensor from, double[] into) {
    VectorTensor tensor = vector(from);
    for (int i = 0; i < tensor.length(); i++) {
      into[i] = tensor.get(i);
    }
  }

  @Override
  public void add(double value, Tensor into, int index) {
    VectorTensor tensor = vector(into);
    tensor.set(index, (float) (tensor.get(index) + value));
  }

  @Override
  public Tensor rows(Tensor tensor, long from, long to) {
    return vector(tensor).rows(from, to);
  }

  @Override
  public MlpActivation fused(MlpActivation activation) {
    if (activation instanceof PolyNorm polyNorm) {
      return new VectorPolyNorm(polyNorm, rows);
    } else if (activation instanceof PolyReLU polyReLU) {
      return new VectorPolyReLU(polyReLU, rows);
    } else if (activation instanceof SwiGLU swiGLU) {
      return new VectorSwiGLU(swiGLU, rows);
    } else if (activation instanceof GELU gelu) {
      return new VectorGELU(gelu, rows);
    } else if (activation instanceof ReLU relu) {
      return new VectorReLU(relu, rows);
    }
    return activation;
  }

  @Override
  public void linear(Tensor x, Tensor weight, Tensor y, Into into) {
    products.linear(vector(x), 0, vector(weight), vector(y), 0, x.rows(), into);
  }

  @Override
  public void linearInputGradient(Tensor dY, Tensor weight, Tensor dX, Into into) {
    products.inputGradient(vector(dY), 0, vector(weight), vector(dX), 0, dY.rows(), into);
  }

  @Override
  public void linearWeightGradient(Tensor dY, Tensor x, Tensor dWeight) {
    products.weightGradient(vector(dY), 0, vector(x), 0, dY.rows(), vector(dWeight));
  }

  /** A product over the slots of one expert, which are rows of both its tensors. */
  private interface ExpertProduct {
    void run(int expert, long begin, long rows);
  }

  private static void forEachExpert(Routing routing, int experts, ExpertProduct product) {
    for (int expert = 0; expert < experts; expert++) {
      long begin = routing.begin(expert);
      long rows = routing.end(expert) - begin;
      if (rows > 0) {
        product.run(expert, begin, rows);
      }
    }
  }

  @Override
  public void expertsLinear(Tensor x, List<Tensor> weights, Routing routing, Tensor y, Into into) {
    forEachExpert(
        routing,
        weights.size(),
        (expert, begin, rows) ->
            products.linear(
                vector(x), begin, vector(weights.get(expert)), vector(y), begin, rows, into));
  }

  @Override
  public void expertsInputGradient(
      Tensor dY, List<Tensor> weights, Routing routing, Tensor dX, Into into) {
    forEachExpert(
        routing,
        weights.size(),
        (expert, begin, rows) ->
            products.inputGradient(
                vector(dY), begin, vector(weights.get(expert)), vector(dX), begin, rows, into));
  }

  @Override
  public void expertsWeightGradient(Tensor dY, Tensor x, Routing routing, List<Tensor> dWeights) {
    forEachExpert(
        routing,
        dWeights.size(),
        (expert, begin, rows) ->
            products.weightGradient(
                vector(dY), begin, vector(x), begin, rows, vector(dWeights.get(expert))));
  }

  @Override
  public void gatherRows(Tensor table, Indices ids, Tensor out) {
    embedding.gather(vector(table), VectorIndices.ids(ids), vector(out));
  }

  @Override
  public void scatterAddRows(Tensor dOut, Indices ids, Tensor dTable) {
    embedding.scatterAdd(vector(dOut), VectorIndices.ids(ids), vector(dTable));
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, double eps, Tensor inverseRms, Tensor y) {
    rmsNorm.forward(vector(x), vector(weight), eps, vector(inverseRms), vector(y));
  }

  @Override
  public void rmsNormGradient(
      Tensor dY, Tensor x, Tensor weight, Tensor inverseRms, Tensor dX, Into into, Tensor dWeight) {
    rmsNorm.backward(
        vector(dY),
        vector(x),
        vector(weight),
        vector(inverseRms),
        vector(dX),
        into,
        vector(dWeight));
  }

  @Override
  public void rotary(Tensor x, int positions, int headSize, double theta) {
    rotary.forward(vector(x), 0, positions, headSize, theta);
  }

  @Override
  public void rotaryFrom(Tensor x, int first, int positions, int headSize, double theta) {
    rotary.forward(vector(x), first, positions, headSize, theta);
  }

  @Override
  public void rotaryGradient(Tensor dX, int positions, int headSize, double theta) {
    rotary.backward(vector(dX), positions, headSize, theta);
  }

  /** log(sum exp(score)) of every head. */
  @Override
  public int attentionKeptPerRow(AttentionShape shape) {
    return shape.heads();
  }

  @Override
  public void attention(
      Tensor q, Tensor k, Tensor v, AttentionShape shape, Tensor kept, Tensor out) {
    attention.forward(vector(q), vector(k), vector(v), shape, vector(kept), vector(out));
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
    attention.backward(
        shape,
        new VectorAttention.Gradient(
            vector(q),
            vector(k),
            vector(v),
            vector(out),
            vector(dOut),
            vector(kept),
            vector(dQ),
            vector(dK),
            vector(dV)));
  }

  @Override
  public void cachedAttention(
      Tensor q, Tensor k, Tensor v, AttentionShape shape, int first, Tensor out) {
    attention.cached(vector(q), vector(k), vector(v), shape, first, vector(out));
  }

  @Override
  public void route(
      Tensor logits, Routing routing, Tensor probabilities, Tensor logSumExp, Tensor weights) {
    router.forward(
        vector(logits), routing, vector(probabilities), vector(logSumExp), vector(weights));
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
    router.backward(
        vector(probabilities),
        vector(logSumExp),
        routing,
        vector(dWeights),
        balanceFactor,
        zFactor,
        vector(dLogits));
  }

  @Override
  public void crossEntropy(Tensor x, Tensor weight, Indices targets, Tensor losses) {
    crossEntropy.run(vector(x), vector(weight), VectorIndices.ids(targets), vector(losses), null);
  }

  @Override
  public void crossEntropyWithGradient(
      Tensor x, Tensor weight, Indices targets, Tensor losses, Tensor dX, Tensor dWeight) {
    crossEntropy.run(
        vector(x),
        vector(weight),
        VectorIndices.ids(targets),
        vector(losses),
        new VectorCrossEntropy.Gradients(vector(dX), vector(dWeight)));
  }

  @Override
  public void adamW(Tensor p, Tensor g, Tensor m, Tensor v, AdamWStep step) {
    VectorAdamW adamW = new VectorAdamW(step);
    spans.forEach(
        vector(p),
        (part, slab, from, to) ->
            adamW.run(
                vector(p).slab(slab),
                vector(g).slab(slab),
                vector(m).slab(slab),
                vector(v).slab(slab),
                from,
                to));
  }

  @Override
  public long scratchBytes(
      AttentionShape shape, long hiddenSize, long intermediateSize, long slots, long vocabSize) {
    long rows = (long) shape.sequences() * shape.positions();
    long rotaryTables = (long) shape.positions() * shape.headSize();
    long normSums = workers.threads() * hiddenSize;
    return Float.BYTES
            * (attention.scratchElements()
                + crossEntropy.scratchElements(rows, vocabSize)
                + rotaryTables
                + normSums)
        + (dtype == Dtype.BF16
            ? Bfloat16Products.scratchBytes(
                slots * intermediateSize,
                Math.max(slots, rows) * hiddenSize,
                crossEntropy.rowsPerTile(rows, vocabSize) * vocabSize,
                hiddenSize * Math.max(vocabSize, Math.max(intermediateSize, hiddenSize)))
            : 0);
  }

  @Override
  public Optional<ProductRecording> recordProducts() {
    ProductRecording linear = products.record();
    if (products == blas) {
      return Optional.of(linear);
    }
    ProductRecording scores = blas.record();
    return Optional.of(
        new ProductRecording() {
          @Override
          public void replay() {
            linear.replay();
            scores.replay();
          }

          @Override
          public void close() {
            linear.close();
            scores.close();
          }
        });
  }

  @Override
  public void close() {
    memory.close();
    rmsNorm.close();
    rotary.close();
    attention.close();
    crossEntropy.close();
    if (products != blas) {
      products.close();
    }
    blas.close();
  }
}
