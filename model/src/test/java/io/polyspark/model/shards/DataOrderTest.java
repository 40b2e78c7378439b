package io.polyspark.model.shards;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DataOrderTest {
  @Test
  void everyEpochVisitsEveryWindowOnce() {
    for (int windows = 1; windows <= 300; windows++) {
      for (long seed : new long[] {0, 1337, -1}) {
        DataOrder order = new DataOrder(windows, seed);
        for (long epoch : new long[] {0, 1, 1_000_000_000L}) {
          assertThat(epoch(order, windows, epoch))
              .as("%d windows, seed %d, epoch %d", windows, seed, epoch)
              .containsExactlyInAnyOrder(LongStream.range(0, windows).toArray());
        }
      }
    }
  }

  @Test
  void sizesAroundPowersOfTwoAreBijections() {
    for (int windows : new int[] {1023, 1024, 1025, 65_535, 65_536, 65_537}) {
      long[] visited = epoch(new DataOrder(windows, 7), windows, 0);
      Arrays.sort(visited);
      assertThat(visited).isEqualTo(LongStream.range(0, windows).toArray());
    }
  }

  @Test
  void epochsAndSeedsDiffer() {
    DataOrder order = new DataOrder(97, 1);
    assertThat(epoch(order, 97, 0)).isNotEqualTo(epoch(order, 97, 1));
    assertThat(epoch(order, 97, 0)).isNotEqualTo(epoch(new DataOrder(97, 2), 97, 0));
    assertThat(epoch(order, 97, 0)).isEqualTo(epoch(new DataOrder(97, 1), 97, 0));
  }

  @Test
  void isTheSameInEveryVersion() {
    // Runs resume by this order: it must never change.
    DataOrder order = new DataOrder(1000, 1337);
    assertThat(LongStream.range(0, 8).map(order::window))
        .containsExactly(769L, 129L, 98L, 248L, 811L, 414L, 676L, 758L);
  }

  @Test
  void positionsAreNearlyUniform() {
    // The window at position 0 over 8,000 epochs of 8: each about 1,000 times; 5 sigma is 148.
    DataOrder order = new DataOrder(8, 42);
    int[] counts = new int[8];
    for (int epoch = 0; epoch < 8_000; epoch++) {
      counts[(int) order.window(epoch * 8L)]++;
    }
    assertThat(IntStream.of(counts)).allMatch(count -> Math.abs(count - 1000) < 148);
  }

  @Test
  void hugeCorporaNeedNoMemory() {
    long windows = (1L << 40) + 12345;
    DataOrder order = new DataOrder(windows, 3);
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      long window = order.window(i);
      assertThat(window).isBetween(0L, windows - 1);
      assertThat(seen.add(window)).isTrue();
    }
  }

  @Test
  void aRoundsSamplesHaveConsecutivePlaces() {
    int replicas = 3;
    int steps = 4;
    int batch = 5;
    Set<Long> places = new HashSet<>();
    for (int replica = 0; replica < replicas; replica++) {
      for (int step = 0; step < steps; step++) {
        for (int row = 0; row < batch; row++) {
          places.add(DataOrder.place(replicas, batch, replica, step, row));
        }
      }
    }
    assertThat(places)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 60).boxed().toList());
    assertThat(DataOrder.place(replicas, batch, 1, 2, 3)).isEqualTo((2 * 3 + 1) * 5 + 3);
  }

  private static long[] epoch(DataOrder order, int windows, long epoch) {
    return LongStream.range(epoch * windows, (epoch + 1) * windows).map(order::window).toArray();
  }
}
