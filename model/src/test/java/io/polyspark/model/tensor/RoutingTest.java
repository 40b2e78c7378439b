package io.polyspark.model.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoutingTest {
  @Test
  void choosesTheLargestScoresAndOfEqualOnesTheLowestExpert() {
    assertThat(chosen(2, 0.1, 0.4, 0.2, 0.3)).containsExactly(1, 3);
    assertThat(chosen(3, 0.25, 0.25, 0.25, 0.25)).containsExactly(0, 1, 2);
    assertThat(chosen(2, 0.1, 0.3, 0.3, 0.3)).containsExactly(1, 2);
    assertThat(chosen(4, 0.1, 0.4, 0.2, 0.3)).containsExactly(1, 3, 2, 0);
    assertThat(chosen(1, 1)).containsExactly(0);
  }

  /** A loss that is not finite is found later; until then every row has K different experts. */
  @Test
  void choosesDifferentExpertsWhereScoresAreNoNumbers() {
    assertThat(chosen(2, Double.NaN, Double.NaN, Double.NaN)).containsExactly(0, 1);
    assertThat(chosen(3, 0.1, Double.NaN, 0.3)).containsExactlyInAnyOrder(0, 1, 2);
  }

  @Test
  void sortsByExpertAndThenByRow() {
    Routing routing = new Routing(101, 7, 3, Routing.Weights.PROBABILITIES);
    for (int batch = 0; batch < 2; batch++) {
      route(routing, new Random(batch));
      assertThat(routing.begin(0)).isZero();
      assertThat(routing.end(6)).isEqualTo(routing.slots()).isEqualTo(303);
      for (int expert = 0; expert < 7; expert++) {
        int[] rows =
            Arrays.copyOfRange(routing.rowOfSlot(), routing.begin(expert), routing.end(expert));
        assertThat(rows).isEqualTo(rowsOf(routing, expert));
      }
      for (int row = 0; row < 101; row++) {
        for (int rank = 0; rank < 3; rank++) {
          int expert = routing.expert(row, rank);
          int slot = routing.slot(row, rank);
          assertThat(slot).isBetween(routing.begin(expert), routing.end(expert) - 1);
          assertThat(routing.rowOfSlot()[slot]).isEqualTo(row);
        }
      }
    }
  }

  @Test
  void anExpertThatNoRowChoseHasNoSlots() {
    Routing routing = new Routing(3, 3, 1, Routing.Weights.PROBABILITIES);
    for (int row = 0; row < 3; row++) {
      routing.choose(row, new double[] {0.2, 0.7, 0.1}, 0);
    }
    routing.sort();
    assertThat(routing.begin(0)).isEqualTo(routing.end(0));
    assertThat(routing.begin(1)).isZero();
    assertThat(routing.end(1)).isEqualTo(3);
    assertThat(routing.begin(2)).isEqualTo(routing.end(2));
  }

  @Test
  void refusesMoreExpertsPerRowThanThereAre() {
    assertThatThrownBy(() -> new Routing(3, 2, 3, Routing.Weights.PROBABILITIES))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void route(Routing routing, Random random) {
    double[] scores = random.doubles(101 * 7).toArray();
    for (int row = 0; row < 101; row++) {
      routing.choose(row, scores, row * 7);
    }
    routing.sort();
  }

  private static int[] rowsOf(Routing routing, int expert) {
    return IntStream.range(0, routing.rows())
        .filter(
            row ->
                IntStream.range(0, routing.expertsPerRow())
                    .anyMatch(rank -> routing.expert(row, rank) == expert))
        .toArray();
  }

  private static int[] chosen(int count, double... scores) {
    Routing routing = new Routing(1, scores.length, count, Routing.Weights.PROBABILITIES);
    routing.choose(0, scores, 0);
    return IntStream.range(0, count).map(rank -> routing.expert(0, rank)).toArray();
  }
}
