package io.polyspark.prep.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.prep.LocalSpark;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

class StageCostsTest {
  @Test
  void stagesAreNamedAndCounted() {
    try (LocalSpark local = LocalSpark.start()) {
      JavaSparkContext spark = local.context();
      StageCosts heard;
      List<RunReport.Cost> found;
      try (StageCosts costs = new StageCosts(spark.sc())) {
        heard = costs;
        assertThat(costs.costs()).isEmpty();
        spark.setJobDescription("Shuffle some numbers");
        spark.parallelize(IntStream.range(0, 1000).boxed().toList(), 3).repartition(2).count();
        spark.setJobDescription(null);
        spark.parallelize(List.of(1), 1).count();
        found = costs.costs();
      }
      assertThat(found).extracting(RunReport.Cost::tasks).containsExactly(3, 2, 1);
      assertThat(found.get(0).stage()).isEqualTo("Shuffle some numbers");
      assertThat(found.get(1).stage()).isEqualTo("Shuffle some numbers");
      assertThat(found.get(2).stage()).startsWith("count at StageCostsTest.java");
      assertThat(found.get(0).shuffleWrittenBytes())
          .isPositive()
          .isEqualTo(found.get(1).shuffleReadBytes());
      assertThat(found.get(0).shuffleReadBytes()).isZero();
      assertThat(found).allMatch(cost -> !cost.time().isNegative());

      spark.parallelize(List.of(1), 1).count();
      assertThat(heard.costs()).isEqualTo(found);
    }
  }
}
