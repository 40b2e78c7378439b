package io.polyspark.model.shards;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DataPositionTest {
  @Test
  void whereAllStepsAreTakenTheCounterGrowsAndNothingElse() {
    DataPosition position = DataPosition.start();
    assertThat(position.index(7)).isEqualTo(7);
    position = position.after(4, 3, List.of(4, 4));
    assertThat(position).isEqualTo(new DataPosition(24, List.of()));
    assertThat(position.index(7)).isEqualTo(31);
  }

  @Test
  void whatAReplicaDidNotComeToIsNextInItsOrder() {
    // Steps of 2 replicas and 3 rows: replica 1 leaves out its rows 15-17 and 21-23.
    DataPosition position = DataPosition.start().after(4, 3, List.of(4, 2));
    assertThat(position)
        .isEqualTo(new DataPosition(24, List.of(new SampleRange(15, 3), new SampleRange(21, 3))));
    assertThat(LongStream.range(0, 8).map(position::index))
        .containsExactly(15L, 16L, 17L, 21L, 22L, 23L, 24L, 25L);

    // One step of one replica uses three of them; the next round has them and the rest.
    DataPosition shorter = position.after(1, 3, List.of(1));
    assertThat(shorter).isEqualTo(new DataPosition(24, List.of(new SampleRange(21, 3))));
    assertThat(shorter.after(2, 3, List.of(2))).isEqualTo(new DataPosition(27, List.of()));
    // Ranges that meet become one.
    assertThat(shorter.after(2, 3, List.of(0)))
        .isEqualTo(new DataPosition(27, List.of(new SampleRange(21, 6))));
  }

  @Test
  void noSampleIsSkippedOrRepeatedWhateverTheRoundsAre() {
    Random random = new Random(5);
    DataPosition position = DataPosition.start();
    List<Long> trained = new ArrayList<>();
    for (int round = 0; round < 200; round++) {
      int steps = 1 + random.nextInt(6);
      int replicas = 1 + random.nextInt(5);
      int batch = 1 + random.nextInt(4);
      List<Integer> taken = new ArrayList<>();
      for (int replica = 0; replica < replicas; replica++) {
        taken.add(random.nextInt(3) == 0 ? 1 + random.nextInt(steps) : steps);
        for (int step = 0; step < taken.get(replica); step++) {
          for (int row = 0; row < batch; row++) {
            trained.add(position.index(DataOrder.place(replicas, batch, replica, step, row)));
          }
        }
      }
      position = position.after(steps, batch, taken);
    }
    List<Long> all = new ArrayList<>(trained);
    position
        .unused()
        .forEach(
            range ->
                LongStream.range(range.first(), range.first() + range.count()).forEach(all::add));
    assertThat(all)
        .containsExactlyInAnyOrderElementsOf(
            LongStream.range(0, position.counter()).boxed().toList());
  }
}
