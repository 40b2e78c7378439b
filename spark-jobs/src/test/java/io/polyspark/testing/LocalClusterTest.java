package io.polyspark.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.SparkEnv;
import org.junit.jupiter.api.Test;

class LocalClusterTest {
  @Test
  void runsTasksInProcessesOfTheirOwn() {
    List<Integer> numbers = Collections.nCopies(8, 1);

    List<String> places =
        LocalCluster.spark()
            .parallelize(numbers, numbers.size())
            .map(ignored -> SparkEnv.get().executorId() + " " + ProcessHandle.current().pid())
            .collect();

    Set<String> distinct = new TreeSet<>(places);
    assertThat(distinct)
        .hasSizeBetween(1, LocalCluster.SLOTS)
        .noneMatch(place -> place.endsWith(" " + ProcessHandle.current().pid()));
  }
}
