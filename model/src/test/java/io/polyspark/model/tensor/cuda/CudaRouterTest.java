package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Router;
import io.polyspark.model.tensor.Routing;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaRouterTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 5, 2",
    "7, 3, 3",
    "101, 7, 3",
    "1031, 64, 8",
    "410, 33, 5",
    "9, 100, 64",
    "67, 200, 2",
    "41, 500, 7",
    "37, 1024, 64"
  })
  void routesAndComesBackAsTheRouterInFloat64(int rows, int experts, int perRow) {
    SessionUnderTest.inEveryOrder(
        Dtype.FLOAT32,
        card -> {
          for (Routing.Weights weights : Routing.Weights.values()) {
            double[] logits = card.normal((long) rows * experts);
            new Case(card, rows, experts, perRow, weights).check(logits);
          }
        });
  }

  @Test
  void ofEqualOnesTheLowestExpertsAreChosen() {
    SessionUnderTest.inEveryOrder(
        Dtype.FLOAT32,
        card -> {
          double[] tied = IntStream.range(0, 50 * 70).mapToDouble(i -> i * 7919 % 3).toArray();
          new Case(card, 50, 70, 9, Routing.Weights.NORMALIZED).check(tied);
          double[] zeros = new double[50 * 70];
          Arrays.setAll(zeros, i -> i % 2 == 0 ? 0.0 : -0.0);
          new Case(card, 50, 70, 9, Routing.Weights.PROBABILITIES).check(zeros);
        });
  }

  /** A loss that is not finite is found later; until then every row has K different experts. */
  @Test
  void rowsThatAreNoNumbersChooseTheFirstExperts() {
    SessionUnderTest.inEveryOrder(
        Dtype.FLOAT32,
        card -> {
          double[] logits = card.normal(4 * 40);
          logits[39] = Double.NaN;
          logits[40 + 17] = Double.POSITIVE_INFINITY;
          Arrays.fill(logits, 80, 120, Double.NEGATIVE_INFINITY);
          Case of = new Case(card, 4, 40, 3, Routing.Weights.PROBABILITIES);
          of.route(logits);
          assertThat(Arrays.copyOf(card.read(of.routing.chosenOnCard()), 9))
              .containsExactly(0, 1, 2, 0, 1, 2, 0, 1, 2);
        });
  }

  @Test
  void aRoutingComesToTheHeapAgainAfterEachPass() {
    SessionUnderTest.inEveryOrder(
        Dtype.FLOAT32,
        card -> {
          Case of = new Case(card, 3, 4, 1, Routing.Weights.PROBABILITIES);
          of.route(0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0);
          assertThat(of.routing.rowOfSlot()).containsExactly(2, 0, 1);
          of.route(1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0);
          assertThat(of.routing.rowOfSlot()).containsExactly(0, 2, 1);
          assertThat(of.routing.begin(3)).isEqualTo(2);
          assertThat(of.routing.end(3)).isEqualTo(3);
        });
  }

  @Test
  void refusesMoreExpertsThanTheKernelsHaveRoomFor() {
    assertThatThrownBy(
            () ->
                new CudaRouting(
                    null, 1, 1025, 1, Routing.Weights.NORMALIZED, null, null, null, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a card routes to at most 1024 experts, not to 1025");
  }

  /** One routing on the card, and the same on the heap. */
  private static final class Case {
    private final SessionUnderTest card;
    private final CudaRouter router;
    private final CudaRouting routing;
    private final Routing expected;
    private final CudaTensor probabilities;
    private final CudaTensor logSumExp;
    private final CudaTensor weights;

    Case(SessionUnderTest card, int rows, int experts, int perRow, Routing.Weights kind) {
      this.card = card;
      this.router = new CudaRouter(card.session());
      this.routing =
          CudaRouting.in(
              card.session(),
              rows,
              experts,
              perRow,
              kind,
              (role, length) -> card.ids(new int[length]));
      this.expected = new Routing(rows, experts, perRow, kind);
      this.probabilities = card.unset(rows, experts, ElementType.F32);
      this.logSumExp = card.unset(rows, 1, ElementType.F32);
      this.weights = card.unset(routing.slots(), 1, ElementType.F32);
    }

    void route(double... logits) {
      router.route(
          card.tensor(logits, routing.rows(), routing.experts(), ElementType.F32),
          routing,
          probabilities,
          logSumExp,
          weights);
    }

    void check(double[] logits) {
      route(logits);
      double[] p = logits.clone();
      double[] z = new double[routing.rows()];
      double[] ofSlots = new double[routing.slots()];
      Router.forward(p, expected, z, ofSlots);
      assertThat(routing.rowOfSlot()).isEqualTo(expected.rowOfSlot());
      for (int expert = 0; expert < routing.experts(); expert++) {
        assertThat(routing.begin(expert)).isEqualTo(expected.begin(expert));
        assertThat(routing.end(expert)).isEqualTo(expected.end(expert));
      }
      for (int choice = 0; choice < routing.slots(); choice++) {
        int row = choice / routing.expertsPerRow();
        int rank = choice % routing.expertsPerRow();
        assertThat(routing.expert(row, rank)).isEqualTo(expected.expert(row, rank));
        assertThat(routing.slot(row, rank)).isEqualTo(expected.slot(row, rank));
      }
      SessionUnderTest.check("probabilities", card.read(probabilities), p, 1e-5);
      SessionUnderTest.check("logSumExp", card.read(logSumExp), z, 1e-5);
      SessionUnderTest.check("weights", card.read(weights), ofSlots, 1e-5);
      checkGradient(p, z);
    }

    private void checkGradient(double[] p, double[] z) {
      double[] dWeights = card.normal(routing.slots());
      CudaTensor dLogits = card.unset(routing.rows(), routing.experts(), ElementType.F32);
      router.routeGradient(
          probabilities,
          logSumExp,
          routing,
          card.tensor(dWeights, routing.slots(), 1, ElementType.F32),
          0.7,
          0.5,
          dLogits);
      double[] expectedGradient = new double[p.length];
      Router.backward(p, z, expected, dWeights, 0.7, 0.5, expectedGradient);
      SessionUnderTest.check("dLogits", card.read(dLogits), expectedGradient, 1e-5);
    }
  }
}
