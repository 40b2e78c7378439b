package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.testing.LocalCluster;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Outer optimizers against PyTorch's, by the case that docs/reference/outer_optimizers.py makes.
 */
class OuterOptimizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Numbers at which the optimizers differ from each other and from their defaults. */
  static Stream<OuterOptimizer> optimizers() {
    return Stream.of(
        OuterOptimizer.average(),
        OuterOptimizer.sgd(0.8),
        OuterOptimizer.nesterov(0.7, 0.9),
        OuterOptimizer.adam(0.003, 0.9, 0.95, 1e-5));
  }

  @Test
  void everyStepIsPyTorchs() throws IOException {
    JsonNode golden = golden();
    List<OuterOptimizer> compared = new ArrayList<>();
    for (JsonNode optimizer : golden.get("optimizers")) {
      OuterOptimizer outer = JSON.treeToValue(optimizer.get("outer"), OuterOptimizer.class);
      compared.add(outer);
      float[] parameters = floats(golden.get("parameters"));
      List<float[]> state = zeros(outer, parameters.length);
      for (int round = 1; round <= optimizer.get("rounds").size(); round++) {
        double[] gradient = doubles(golden.get("pseudo_gradients").get(round - 1));
        float[] next = new float[parameters.length];
        List<float[]> nextState = zeros(outer, parameters.length);
        outer.step(round, parameters, gradient, state, next, nextState);
        parameters = next;
        state = nextState;

        JsonNode theirs = optimizer.get("rounds").get(round - 1);
        String where = outer + ", round " + round;
        assertClose(where, parameters, doubles(theirs.get("parameters")));
        assertThat(state).hasSize(theirs.get("state").size());
        for (int i = 0; i < state.size(); i++) {
          assertClose(where, state.get(i), doubles(theirs.get("state").get(i)));
        }
      }
    }
    assertThat(compared).containsExactlyElementsOf(optimizers().skip(1).toList());
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void neitherChunksNorReducersChangeABit(OuterOptimizer outer) {
    RoundState one = train(outer, 128, 1);
    RoundState other = train(outer, 333, 7);

    assertThat(one.outerState()).hasSameSizeAs(outer.stateNames());
    assertThat(ArrayVector.toArray(other.parameters()))
        .isEqualTo(ArrayVector.toArray(one.parameters()));
    for (int i = 0; i < one.outerState().size(); i++) {
      assertThat(ArrayVector.toArray(other.outerState().get(i)))
          .isEqualTo(ArrayVector.toArray(one.outerState().get(i)))
          .isNotEqualTo(new float[AveragingRoundTest.PARAMETERS]);
    }
  }

  @Test
  void aRoundDoesNotStartWithoutTheStateOfTheRoundsBefore() {
    RoundState later = new RoundState(4, 16, start(128).parameters(), List.of(), List.of());
    assertThatThrownBy(() -> round(OuterOptimizer.nesterov(0.7, 0.9), 1).run(later, task()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "The state after round 4 has 0 vectors of an outer optimizer, but"
                + " Nesterov[lr=0.7, momentum=0.9] keeps 1");
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    refused(() -> OuterOptimizer.sgd(0), "lr must be a number above 0, not 0.0");
    refused(() -> OuterOptimizer.sgd(Double.NaN), "lr must be a number above 0, not NaN");
    refused(
        () -> OuterOptimizer.nesterov(Double.POSITIVE_INFINITY, 0.9),
        "lr must be a number above 0, not Infinity");
    refused(
        () -> OuterOptimizer.nesterov(0.7, 1),
        "momentum must be a number from 0 to below 1, not 1.0");
    refused(
        () -> OuterOptimizer.adam(0.1, -0.1, 0.9, 1e-8),
        "beta1 must be a number from 0 to below 1, not -0.1");
    refused(
        () -> OuterOptimizer.adam(0.1, 0.9, Double.NaN, 1e-8),
        "beta2 must be a number from 0 to below 1, not NaN");
    refused(() -> OuterOptimizer.adam(0.1, 0.9, 0.9, 0), "eps must be a number above 0, not 0.0");
  }

  private static void refused(Runnable making, String what) {
    assertThatThrownBy(making::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The outer optimizer's " + what);
  }

  private static RoundState train(OuterOptimizer outer, int chunkSize, int reducers) {
    AveragingRound round = round(outer, reducers);
    RoundState first = round.run(start(chunkSize), task()).next();
    return round.run(first, task()).next();
  }

  private static AveragingRound round(OuterOptimizer outer, int reducers) {
    return new AveragingRound(
        LocalCluster.spark(), AveragingOptions.averaged(3).withOuter(outer).withReducers(reducers));
  }

  private static MomentumTask task() {
    return MomentumTask.undisturbed(2);
  }

  private static RoundState start(int chunkSize) {
    float[] values = new float[AveragingRoundTest.PARAMETERS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) PlainAveraging.start(i);
    }
    return RoundState.initial(ChunkedVector.copyOf(new ArrayVector(values), chunkSize));
  }

  private static List<float[]> zeros(OuterOptimizer outer, int size) {
    return outer.stateNames().stream().map(name -> new float[size]).toList();
  }

  /** To 1e-6 of every element; torch's are float64. */
  private static void assertClose(String where, float[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as("%s, element %d", where, i)
          .isCloseTo(expected[i], within(1e-6 * Math.abs(expected[i])));
    }
  }

  private static float[] floats(JsonNode numbers) {
    double[] exact = doubles(numbers);
    float[] rounded = new float[exact.length];
    for (int i = 0; i < exact.length; i++) {
      rounded[i] = (float) exact[i];
      assertThat((double) rounded[i]).isEqualTo(exact[i]);
    }
    return rounded;
  }

  private static double[] doubles(JsonNode numbers) {
    double[] values = new double[numbers.size()];
    Arrays.setAll(values, i -> numbers.get(i).doubleValue());
    return values;
  }

  private static JsonNode golden() throws IOException {
    try (InputStream in = OuterOptimizerTest.class.getResourceAsStream("/outer-optimizers.json")) {
      return JSON.readTree(in);
    }
  }
}
