package io.polyspark.model.golden;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.polyspark.model.activation.Activations;
import io.polyspark.model.device.CudaRequirements;
import io.polyspark.model.device.Nd4jBackend;
import io.polyspark.model.device.NvidiaSmi;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.tensor.Precision;
import io.polyspark.model.transformer.Recompute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/**
 * Holds the mathematics against every reference case under {@code -Dgolden.dir}, in float64 and
 * float32. A case of a kind that is not built is skipped by its name, never passed.
 */
class GoldenCasesTest {
  private static final Path GOLDEN = Path.of(System.getProperty("golden.dir"));

  @TestFactory
  Stream<DynamicTest> everyCase() throws IOException {
    if (Nd4jBackend.here() == Nd4jBackend.CUDA) {
      Optional<String> problem = CudaRequirements.OF_ND4J.problem(NvidiaSmi.ask());
      if (problem.isPresent()) {
        return Stream.of(skipped("golden cases", "Skipped: " + problem.get()));
      }
    }
    if (!Files.isDirectory(GOLDEN)) {
      return Stream.of(skipped("golden cases", "There are no golden cases at " + GOLDEN));
    }
    return GoldenCase.in(GOLDEN).stream()
        .flatMap(
            golden -> Stream.of(Tolerance.values()).flatMap(tolerance -> tests(golden, tolerance)));
  }

  private static Stream<DynamicTest> tests(GoldenCase golden, Tolerance tolerance) {
    if (golden.kind().equals("lm")) {
      return Stream.concat(
          Stream.of(test(golden, tolerance, "forward", LanguageModelCheck::forward)),
          Stream.of(Recompute.values())
              .flatMap(recompute -> trainingTests(golden, tolerance, recompute)));
    }
    if (Activations.names().contains(golden.kind())) {
      return Stream.of(
          test(golden, tolerance, "forward and backward", ActivationCheck::forwardAndBackward));
    }
    return Stream.of(notBuilt(golden, tolerance, "nothing here is called " + golden.kind()));
  }

  private static Stream<DynamicTest> trainingTests(
      GoldenCase golden, Tolerance tolerance, Recompute recompute) {
    ComputeOptions options = ComputeOptions.DEFAULT.withRecompute(recompute);
    String how = ", recompute " + recompute;
    Check backward = (of, within) -> LanguageModelCheck.backward(of, within, options);
    Check threeSteps = (of, within) -> LanguageModelCheck.threeSteps(of, within, options);
    return Stream.of(
        test(golden, tolerance, "backward" + how, backward),
        test(golden, tolerance, "three optimizer steps" + how, threeSteps));
  }

  /** What a reference is held against. */
  private interface Check {
    void run(GoldenCase golden, Tolerance tolerance) throws IOException;
  }

  private static DynamicTest test(
      GoldenCase golden, Tolerance tolerance, String part, Check check) {
    Executable executable = () -> check.run(golden, tolerance);
    return dynamicTest(named(golden, tolerance) + ", " + part, executable);
  }

  private static DynamicTest notBuilt(GoldenCase golden, Tolerance tolerance, String why) {
    return skipped(named(golden, tolerance), golden.name() + " is skipped: " + why);
  }

  private static DynamicTest skipped(String name, String why) {
    return dynamicTest(name, () -> abort(why));
  }

  private static String named(GoldenCase golden, Tolerance tolerance) {
    return golden.name() + ", " + tolerance.precision();
  }

  /** How far values may lie from the reference, relative to the largest value of a tensor. */
  enum Tolerance {
    FLOAT64(Precision.FLOAT64, 1e-9),
    FLOAT32(Precision.FLOAT32, 1e-4);

    private final Precision precision;
    private final double ofValues;

    Tolerance(Precision precision, double ofValues) {
      this.precision = precision;
      this.ofValues = ofValues;
    }

    Precision precision() {
      return precision;
    }

    double ofValues() {
      return ofValues;
    }
  }
}
