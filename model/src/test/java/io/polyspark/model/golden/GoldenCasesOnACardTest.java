package io.polyspark.model.golden;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.cuda.CardUnderTest;
import io.polyspark.model.transformer.Recompute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every golden model by the kernels of a card, whole steps, of which the later ones are replays of
 * a captured graph: in float32 and in bfloat16, with every kind of recomputation.
 */
class GoldenCasesOnACardTest {
  private static final Path GOLDEN = Path.of(System.getProperty("golden.dir"));

  @BeforeAll
  static void device() {
    CardUnderTest.require();
  }

  @TestFactory
  Stream<DynamicTest> everyModel() throws IOException {
    if (!Files.isDirectory(GOLDEN)) {
      return Stream.of(
          dynamicTest("golden cases", () -> abort("There are no golden cases at " + GOLDEN)));
    }
    return GoldenCase.in(GOLDEN).stream()
        .filter(golden -> golden.kind().equals("lm"))
        .flatMap(GoldenCasesOnACardTest::tests);
  }

  private static Stream<DynamicTest> tests(GoldenCase golden) {
    return Stream.of(Recompute.values())
        .flatMap(
            recompute ->
                List.of(
                    test(golden, Dtype.FLOAT32, 1e-4, recompute),
                    test(golden, Dtype.BF16, 2e-2, recompute))
                    .stream());
  }

  private static DynamicTest test(
      GoldenCase golden, Dtype dtype, double tolerance, Recompute recompute) {
    return dynamicTest(
        golden.name() + ", " + dtype + ", recompute " + recompute,
        () -> CardCheck.run(golden, dtype, tolerance, recompute));
  }
}
