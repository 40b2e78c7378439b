package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.activation.ActivationMemory;
import io.polyspark.model.activation.Activations;
import io.polyspark.model.activation.ElementActivation;
import io.polyspark.model.activation.GateActivation;
import io.polyspark.model.activation.MlpActivation;
import io.polyspark.model.activation.PolyNorm;
import io.polyspark.model.activation.PolyReLU;
import io.polyspark.model.activation.ResidentActivation;
import io.polyspark.model.tensor.Tensor;
import io.polyspark.model.tensor.cuda.CardAndOracle.Pair;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The activations' kernels against the activations as they are written. */
class CudaActivationsTest {
  /**
   * For PolyNorm: rows of one thread, of some that do not divide into accesses, of several warps,
   * and rows that registers do not hold, of each type.
   */
  private static final String SIZES =
      """
      F32, 1, 1
      F32, 7, 31
      F32, 5, 132
      F32, 3, 2052
      F32, 2, 9220
      BF16, 1, 1
      BF16, 7, 31
      BF16, 37, 136
      BF16, 2, 8256
      BF16, 3, 132
      BF16, 2, 14344
      """;

  @ParameterizedTest
  @CsvSource(textBlock = SIZES)
  void polyNorm(ElementType type, int rows, int columns) {
    CardAndOracle.inEveryOrder(both -> element(both, "polynorm", type, rows, columns));
  }

  @ParameterizedTest
  @CsvSource({"F32, 1, 1", "F32, 7, 31", "F32, 33, 132", "BF16, 7, 31", "BF16, 37, 264"})
  void polyReLU(ElementType type, int rows, int columns) {
    CardAndOracle.inEveryOrder(both -> element(both, "polyrelu", type, rows, columns));
  }

  @ParameterizedTest
  @CsvSource({"F32, 1, 1", "F32, 7, 31", "F32, 33, 132", "BF16, 7, 31", "BF16, 37, 264"})
  void gelu(ElementType type, int rows, int columns) {
    CardAndOracle.inEveryOrder(both -> element(both, "gelu", type, rows, columns));
  }

  @ParameterizedTest
  @CsvSource({"F32, 1, 1", "F32, 7, 31", "F32, 33, 132", "BF16, 7, 31", "BF16, 37, 264"})
  void relu(ElementType type, int rows, int columns) {
    CardAndOracle.inEveryOrder(both -> element(both, "relu", type, rows, columns));
  }

  @ParameterizedTest
  @CsvSource({"F32, 1, 1", "F32, 7, 31", "F32, 33, 132", "BF16, 7, 31", "BF16, 37, 264"})
  void swiGLU(ElementType type, int rows, int columns) {
    CardAndOracle.inEveryOrder(both -> gate(both, type, rows, columns));
  }

  /** As with tensors of millions of rows, in which each block goes on to others. */
  @Test
  void fewerBlocksThanRows() {
    CardAndOracle.inEveryOrder(
        both -> {
          element(
              both,
              new PolyNorm(),
              new CudaPolyNorm(new PolyNorm(), both.card(), 3),
              both.normal(ElementType.BF16, 11, 136),
              both.uniform(ElementType.BF16, 11, 136));
          element(
              both,
              new PolyNorm(),
              new CudaPolyNorm(new PolyNorm(), both.card(), 3),
              both.normal(ElementType.F32, 7, 31),
              both.uniform(ElementType.F32, 7, 31));
          element(
              both,
              new PolyReLU(),
              new CudaPolyReLU(new PolyReLU(), both.card(), 3),
              both.normal(ElementType.BF16, 5, 4099),
              both.uniform(ElementType.BF16, 5, 4099));
        });
  }

  /** Of an odd width, a row begins at an address that is no multiple of an access. */
  @Test
  void rowsThatAreNotAligned() {
    CardAndOracle.inEveryOrder(
        both -> {
          for (ElementType type : ElementType.values()) {
            for (String name : List.of("polynorm", "polyrelu", "gelu")) {
              Pair x = both.normal(type, 5, 13);
              Pair dY = both.uniform(type, 5, 13);
              element(both, name, both.rows(x, 1, 5), both.rows(dY, 1, 5));
            }
          }
        });
  }

  private static void element(
      CardAndOracle both, String name, ElementType type, int rows, int columns) {
    element(both, name, both.normal(type, rows, columns), both.uniform(type, rows, columns));
  }

  private static void element(CardAndOracle both, String name, Pair x, Pair dY) {
    ElementActivation plain = (ElementActivation) Activations.named(name);
    element(both, plain, (ResidentActivation) CudaActivations.fused(both.card(), plain), x, dY);
  }

  private static void element(
      CardAndOracle both, ElementActivation plain, ResidentActivation fused, Pair x, Pair dY) {
    String name = plain.name();
    ElementType type = x.card().type();
    int rows = Math.toIntExact(x.card().rows());
    int columns = Math.toIntExact(x.card().columns());
    Pair y = both.unset(type, rows, columns);
    Pair dX = both.unset(type, rows, columns);
    Pair weight = both.of(ElementType.F32, 0.5, -0.25, 0.75);
    Pair bias = both.of(ElementType.F32, 0.125);
    Pair dWeight = both.of(ElementType.F32, 1, 2, 3);
    Pair dBias = both.of(ElementType.F32, 4);
    double[] values = {0.5, -0.25, 0.75, 0.125};
    double[] gradients = new double[4];
    List<Pair> kept = kept(both, plain, rows);
    ActivationMemory onCard =
        new ActivationMemory(kept.stream().<Tensor>map(Pair::card).toList(), List.of(), List.of());
    ActivationMemory plainly =
        new ActivationMemory(
            kept.stream().map(Pair::oracle).toList(),
            kept(both, plain, rows).stream().map(Pair::oracle).toList(),
            scratch(both, plain, rows, columns));

    fused.forward(x.card(), List.of(weight.card(), bias.card()), onCard, y.card());
    plain.forward(both.oracle(), x.oracle(), values, plainly, y.oracle());
    both.assertClose(name, y);
    for (int p = 0; p < kept.size(); p++) {
      both.assertClose(name + ", r" + (p + 1), kept.get(p));
    }
    fused.backward(
        x.card(),
        List.of(weight.card(), bias.card()),
        onCard,
        dY.card(),
        dX.card(),
        List.of(dWeight.card(), dBias.card()));
    plain.backward(both.oracle(), x.oracle(), values, plainly, dY.oracle(), dX.oracle(), gradients);
    both.assertClose(name + ", dX", dX);
    if (!plain.coefficients().isEmpty()) {
      for (int i = 0; i < 3; i++) {
        both.oracle().add(gradients[i], dWeight.oracle(), i);
      }
      both.oracle().add(gradients[3], dBias.oracle(), 0);
      both.assertClose(name + ", dWeight", dWeight);
      both.assertClose(name + ", dBias", dBias);
    }
  }

  private static void gate(CardAndOracle both, ElementType type, int rows, int columns) {
    GateActivation plain = (GateActivation) Activations.named("swiglu");
    GateActivation fused = (GateActivation) CudaActivations.fused(both.card(), plain);
    Pair gate = both.normal(type, rows, columns);
    Pair up = both.normal(type, rows, columns);
    Pair dY = both.uniform(type, rows, columns);
    Pair y = both.unset(type, rows, columns);
    Pair dGate = both.unset(type, rows, columns);
    Pair dUp = both.unset(type, rows, columns);
    ActivationMemory none = new ActivationMemory(List.of(), List.of(), List.of());
    ActivationMemory plainly =
        new ActivationMemory(List.of(), List.of(), scratch(both, plain, rows, columns));
    CudaElementwise math = new CudaElementwise(both.card());
    fused.forward(math, gate.card(), up.card(), none, y.card());
    plain.forward(both.oracle(), gate.oracle(), up.oracle(), plainly, y.oracle());
    both.assertClose("swiglu", y);
    fused.backward(math, gate.card(), up.card(), none, dY.card(), dGate.card(), dUp.card());
    plain.backward(
        both.oracle(),
        gate.oracle(),
        up.oracle(),
        plainly,
        dY.oracle(),
        dGate.oracle(),
        dUp.oracle());
    both.assertClose("swiglu, dGate", dGate);
    both.assertClose("swiglu, dUp", dUp);
  }

  private static List<Pair> kept(CardAndOracle both, MlpActivation activation, int rows) {
    return Stream.generate(() -> both.unset(ElementType.F32, rows, 1))
        .limit(activation.keptPerRow())
        .toList();
  }

  private static List<Tensor> scratch(
      CardAndOracle both, MlpActivation activation, int rows, int columns) {
    return Stream.generate(() -> both.oracle().allocate(rows, columns))
        .limit(activation.scratchTensors())
        .toList();
  }

  @Test
  void aNewActivationIsComputedAsItIsWritten() {
    MlpActivation other =
        new MlpActivation() {
          @Override
          public String name() {
            return "other";
          }
        };
    CardAndOracle.inEveryOrder(
        both -> assertThat(CudaActivations.fused(both.card(), other)).isSameAs(other));
  }
}
