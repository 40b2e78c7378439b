package io.polyspark.model.benchmark;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ResidentActivation;
import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.KernelsSource;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.CudaCardKernels;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The time of single operations in bfloat16 at the sizes of a model's training step, as what they
 * move or compute per second. Each has the card to itself: its memory is taken and given back.
 * Letters: N rows, D hidden size, F intermediate size, V vocabulary, S slots at experts.
 */
final class CardOperations {
  /** The parameter, the gradient and both moments are read, all but the gradient written. */
  private static final int ADAMW_BYTES = 7 * Float.BYTES;

  private static final int BF16_BYTES = 2;

  private final CardSizes sizes;
  private final CardRecords records;

  /** What is measured with kernels of its own. */
  private interface Measurement {
    void run(KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock);
  }

  CardOperations(CardSizes sizes, CardRecords records) {
    this.sizes = sizes;
    this.records = records;
  }

  /** Measures all, what others are held against first. */
  void run() {
    with(this::copy);
    with(this::product);
    with(this::polyNorm);
    with(this::attention);
    with(this::experts);
    with(this::crossEntropy);
    with(this::rmsNorm);
    with(this::adamW);
  }

  private void with(Measurement measurement) {
    try (KernelsSource source = new CudaCardKernels().source(Dtype.BF16);
        Kernels kernels = source.create()) {
      CardClock clock = new CardClock(kernels, sizes.repetitions(), sizes.secondsEach());
      measurement.run(source, kernels, new CardTensors(kernels), clock);
    }
  }

  private void bytes(String name, double seconds, double count) {
    records.add(
        name,
        Map.of("milliseconds", 1e3 * seconds, "gigabytes_per_second", 1e-9 * count / seconds));
  }

  private void flops(String name, double seconds, double count) {
    records.add(name, Map.of("milliseconds", 1e3 * seconds, "teraflops", 1e-12 * count / seconds));
  }

  private void copy(KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock) {
    Tensor from = tensors.uniform(sizes.copied() >> 10, 1 << 10);
    Tensor to = tensors.zeros(sizes.copied() >> 10, 1 << 10);
    bytes("copy", clock.replayed(() -> kernels.copy(from, to)), 2.0 * BF16_BYTES * sizes.copied());
  }

  private void product(
      KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock) {
    int size = sizes.square();
    Tensor x = tensors.uniform(size, size);
    Tensor weight = tensors.uniform(size, size);
    Tensor y = tensors.zeros(size, size);
    flops(
        "product",
        clock.replayed(() -> kernels.linear(x, weight, y, Into.OVERWRITE)),
        2.0 * size * size * size);
  }

  /** Forward reads x and writes y; backward reads x and dY and writes dX. */
  private void polyNorm(
      KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock) {
    long rows = sizes.rows();
    long width = sizes.dense().intermediateSize();
    ResidentActivation activation =
        (ResidentActivation) kernels.fused(Activations.named("polynorm"));
    ActivationMemory memory =
        new ActivationMemory(
            copies(activation.keptPerRow(), () -> tensors.zeros(rows, 1)),
            copies(activation.keptPerRow(), () -> tensors.zeros(rows, 1)),
            copies(activation.scratchTensors(), () -> tensors.zeros(rows, width)));
    List<Tensor> coefficients = vectors(activation, tensors);
    List<Tensor> gradients = vectors(activation, tensors);
    Tensor x = tensors.uniform(rows, width);
    Tensor y = tensors.zeros(rows, width);
    Tensor dY = tensors.uniform(rows, width);
    Tensor dX = tensors.zeros(rows, width);
    Runnable forward = () -> activation.forward(x, coefficients, memory, y);
    Runnable backward = () -> activation.backward(x, coefficients, memory, dY, dX, gradients);
    double matrix = (double) BF16_BYTES * rows * width;
    bytes("polynorm forward", clock.replayed(forward), 2 * matrix);
    bytes("polynorm backward", clock.replayed(backward), 3 * matrix);
    bytes("polynorm", clock.replayed(() -> both(forward, backward)), 5 * matrix);
  }

  private static List<Tensor> copies(int count, Supplier<Tensor> tensor) {
    return Stream.generate(tensor).limit(count).toList();
  }

  private static List<Tensor> vectors(ResidentActivation activation, CardTensors tensors) {
    return activation.coefficients().stream()
        .map(vector -> tensors.exactUniform(1, vector.initial().size()))
        .toList();
  }

  private static void both(Runnable forward, Runnable backward) {
    forward.run();
    backward.run();
  }

  /** Of the pairs that the mask leaves two products forward, five backward. */
  private void attention(
      KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock) {
    AttentionShape shape =
        new AttentionShape(
            sizes.sequences(),
            sizes.positions(),
            sizes.dense().numAttentionHeads(),
            sizes.dense().numKeyValueHeads(),
            sizes.dense().headSize());
    int rows = sizes.rows();
    long hidden = sizes.dense().hiddenSize();
    long keyValue = sizes.dense().keyValueSize();
    Tensor q = tensors.uniform(rows, hidden);
    Tensor k = tensors.uniform(rows, keyValue);
    Tensor v = tensors.uniform(rows, keyValue);
    int keptPerRow = kernels.attentionKeptPerRow(shape);
    Tensor kept = keptPerRow > 0 ? tensors.exactZeros(rows, keptPerRow) : null;
    Tensor out = tensors.zeros(rows, hidden);
    Tensor dOut = tensors.uniform(rows, hidden);
    Tensor dQ = tensors.zeros(rows, hidden);
    Tensor dK = tensors.zeros(rows, keyValue);
    Tensor dV = tensors.zeros(rows, keyValue);
    Runnable forward = () -> kernels.attention(q, k, v, shape, kept, out);
    Runnable backward =
        () -> kernels.attentionGradient(q, k, v, out, dOut, shape, kept, dQ, dK, dV);
    double pairs = (double) rows * shape.heads() * (shape.positions() + 1) / 2;
    double product = 2 * pairs * shape.headSize();
    double alone = clock.replayed(forward);
    double together = clock.replayed(() -> both(forward, backward));
    flops("attention forward", alone, 2 * product);
    // The gradient may use up what the forward pass kept, so it is not timed by itself.
    flops("attention backward", together - alone, 5 * product);
    flops("attention", together, 7 * product);
  }

  /** The up projection of all experts, S = N*K rows. */
  private void experts(
      KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock) {
    int rows = sizes.rows();
    int experts = sizes.experts().numExperts();
    long hidden = sizes.experts().hiddenSize();
    long width = sizes.experts().intermediateSize();
    Routing routing =
        kernels.routing(
            rows,
            experts,
            sizes.experts().numExpertsPerTok(),
            Routing.Weights.PROBABILITIES,
            (role, length) -> kernels.allocateIndices(length));
    long slots = routing.slots();
    Tensor logits = tensors.exactUniform(rows, experts);
    Tensor probabilities = tensors.exactZeros(rows, experts);
    Tensor logSumExp = tensors.zeros(rows, 1);
    Tensor shares = tensors.zeros(slots, 1);
    Tensor x = tensors.uniform(slots, hidden);
    Tensor y = tensors.uniform(slots, width);
    Tensor dX = tensors.zeros(slots, hidden);
    List<Tensor> weights = copies(experts, () -> tensors.uniform(width, hidden));
    List<Tensor> gradients = copies(experts, () -> tensors.exactZeros(width, hidden));
    Runnable route = () -> kernels.route(logits, routing, probabilities, logSumExp, shares);
    records.add("route", Map.of("milliseconds", 1e3 * clock.replayed(route)));
    double product = 2.0 * slots * width * hidden;
    flops(
        "experts forward",
        clock.replayed(() -> kernels.expertsLinear(x, weights, routing, y, Into.OVERWRITE)),
        product);
    flops(
        "experts input gradient",
        clock.replayed(() -> kernels.expertsInputGradient(y, weights, routing, dX, Into.OVERWRITE)),
        product);
    flops(
        "experts weight gradient",
        clock.replayed(() -> kernels.expertsWeightGradient(y, x, routing, gradients)),
        product);
  }

  /** One product for the logits, two more for the gradients. */
  private void crossEntropy(
      KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock) {
    int rows = sizes.rows();
    int hidden = sizes.dense().hiddenSize();
    int vocabulary = sizes.dense().vocabSize();
    Tensor x = tensors.uniform(rows, hidden);
    Tensor weight = tensors.uniform(vocabulary, hidden);
    Indices targets = tensors.ids(rows, vocabulary);
    Tensor losses = tensors.zeros(rows, 1);
    Tensor dX = tensors.zeros(rows, hidden);
    Tensor dWeight = tensors.exactZeros(vocabulary, hidden);
    flops(
        "cross-entropy",
        clock.replayed(
            () -> kernels.crossEntropyWithGradient(x, weight, targets, losses, dX, dWeight)),
        6.0 * rows * vocabulary * hidden);
  }

  /** The residual stream is read in float32; its norm and both gradients are written. */
  private void rmsNorm(
      KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock) {
    int rows = sizes.rows();
    int hidden = sizes.dense().hiddenSize();
    Tensor x = tensors.exactUniform(rows, hidden);
    Tensor weight = tensors.exactUniform(1, hidden);
    Tensor inverseRms = tensors.zeros(rows, 1);
    Tensor y = tensors.zeros(rows, hidden);
    Tensor dX = tensors.exactZeros(rows, hidden);
    Tensor dWeight = tensors.exactZeros(1, hidden);
    double elements = (double) rows * hidden;
    bytes(
        "rmsnorm forward",
        clock.replayed(() -> kernels.rmsNorm(x, weight, 1e-5, inverseRms, y)),
        elements * (Float.BYTES + BF16_BYTES));
    bytes(
        "rmsnorm backward",
        clock.replayed(
            () -> kernels.rmsNormGradient(y, x, weight, inverseRms, dX, Into.ADD, dWeight)),
        elements * (3 * Float.BYTES + BF16_BYTES));
  }

  private void adamW(KernelsSource source, Kernels kernels, CardTensors tensors, CardClock clock) {
    long length = sizes.stepped();
    List<Tensor> vectors =
        IntStream.range(0, 4)
            .mapToObj(i -> kernels.view(source.vector(length).orElseThrow(), 0, 1, length))
            .toList();
    vectors.forEach(vector -> kernels.fill(vector, 0.5));
    AdamWStep step = new AdamWStep(0.5, 0.99, 1e-3, 0.9, 0.95, 1e-8, 10);
    bytes(
        "adamw",
        clock.launched(
            () ->
                kernels.adamW(
                    vectors.get(0), vectors.get(1), vectors.get(2), vectors.get(3), step)),
        (double) ADAMW_BYTES * length);
  }
}
