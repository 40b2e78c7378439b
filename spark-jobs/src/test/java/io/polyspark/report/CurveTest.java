package io.polyspark.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CurveTest {
  @Test
  void ofFewPointsAllAreKept() {
    Curve curve = new Curve();
    curve.add(10, 3);
    curve.add(20, Double.NaN);
    curve.add(30, 1);
    curve.add(40, Double.POSITIVE_INFINITY);
    assertThat(curve.points())
        .containsExactly(new Curve.Point(10, 3), new Curve.Point(30, 1))
        .containsExactly(curve.highest().orElseThrow(), curve.lowest().orElseThrow());
    assertThat(curve.count()).isEqualTo(2);
  }

  @Test
  void whatIsLevelStaysSo() {
    Curve curve = new Curve();
    for (int i = 0; i < 10_000; i++) {
      curve.add(i, 1e-4);
    }
    assertThat(curve.points()).extracting(Curve.Point::value).containsOnly(1e-4);
  }

  @Test
  void aMillionPointsAreBoundedAndKeepTheirMean() {
    Curve curve = new Curve();
    Random random = new Random(7);
    int count = 1 << 20;
    double sum = 0;
    for (int i = 0; i < count; i++) {
      double value = random.nextDouble();
      sum += value;
      curve.add(i, value);
    }
    assertThat(curve.points()).hasSizeBetween(Curve.MOST / 2, Curve.MOST);
    assertThat(curve.count()).isEqualTo(count);
    assertThat(curve.points()).extracting(Curve.Point::tokens).isSorted();
    // Of 1,024 buckets all are full.
    assertThat(curve.points()).hasSize(1024);
    assertThat(curve.points().stream().mapToDouble(Curve.Point::value).average().orElseThrow())
        .isCloseTo(sum / count, offset(1e-9));
    assertThat(curve.last().orElseThrow().tokens()).isEqualTo(count - 1);
  }
}
