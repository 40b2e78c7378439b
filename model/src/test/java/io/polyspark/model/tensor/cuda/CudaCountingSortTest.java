package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.Dtype;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaCountingSortTest {
  /** One pass, two and three; one tile and several; a scan of one round and of several. */
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "31, 2",
    "2048, 7",
    "2049, 256",
    "5003, 1000",
    "10007, 50304",
    "4099, 2097152",
    "1000, 2147483647"
  })
  void sortsStably(int count, int range) {
    SessionUnderTest.inEveryOrder(
        Dtype.FLOAT32,
        card -> {
          int[] ids = card.random().ints(count, 0, range).toArray();
          ids[count / 2] = range - 1;
          CudaCountingSort.Sorted sorted =
              new CudaCountingSort(card.session()).sort(card.ids(ids), range);
          int[] expected =
              IntStream.range(0, count)
                  .boxed()
                  .sorted(Comparator.comparingInt(i -> ids[i]))
                  .mapToInt(i -> i)
                  .toArray();
          assertThat(card.read(sorted.positions())).isEqualTo(expected);
          assertThat(card.read(sorted.ids()))
              .isEqualTo(IntStream.of(expected).map(i -> ids[i]).toArray());
        });
  }
}
