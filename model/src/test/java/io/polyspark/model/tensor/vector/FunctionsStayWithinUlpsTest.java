package io.polyspark.model.tensor.vector;

import static io.polyspark.model.tensor.vector.VectorTensor.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.tensor.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The functions that are polynomials of our own are as exact as their comments say. An ulp is the
 * distance of the floats around the exact result, and infinity counts as 2^128.
 */
class FunctionsStayWithinUlpsTest {
  /** Prime, so that every pattern of the low bits comes up: 4.3 million of all the floats. */
  private static final int STEP = 1009;

  private static final int CHUNK = 1 << 16;
  private static final double PAST_THE_LARGEST = 0x1p128;
  private static final int MANTISSA_BITS = 23;

  private static final VectorKernels KERNELS = new VectorKernels();
  private static final VectorTensor X = vector(KERNELS.allocate(1, CHUNK));
  private static final VectorTensor Y = vector(KERNELS.allocate(1, CHUNK));
  private static final VectorTensor ONE = vector(KERNELS.allocate(1, 1));

  /** What is computed, how exact it is said to be, and a reference in float64. */
  private enum Function {
    EXP(1) {
      @Override
      void run(Tensor x, Tensor y) {
        KERNELS.exp(x, y);
      }

      @Override
      double exact(double x) {
        return StrictMath.exp(x);
      }
    },
    ERF(2) {
      @Override
      void run(Tensor x, Tensor y) {
        KERNELS.erf(x, y);
      }

      @Override
      double exact(double x) {
        return erf(x);
      }
    },
    SIGMOID(2) {
      @Override
      void run(Tensor x, Tensor y) {
        KERNELS.sigmoid(x, y);
      }

      @Override
      double exact(double x) {
        double z = StrictMath.exp(-Math.abs(x));
        return x < 0 ? z / (1 + z) : 1 / (1 + z);
      }
    };

    private final double ulps;

    Function(double ulps) {
      this.ulps = ulps;
    }

    abstract void run(Tensor x, Tensor y);

    abstract double exact(double x);

    float of(float x) {
      ONE.set(0, x);
      run(ONE, ONE);
      return ONE.get(0);
    }
  }

  @AfterAll
  static void free() {
    KERNELS.close();
  }

  @ParameterizedTest
  @EnumSource
  void overAllFloats(Function function) {
    assertWithinUlps(function, 0, 1L << Integer.SIZE, STEP);
  }

  /**
   * Where errors are largest, and on both sides of every change of formula: the ends of exp's range
   * and of its reduced range, of the normal numbers, of erf's polynomials.
   */
  @ParameterizedTest
  @CsvSource({
    "EXP, 0.34, 0.35, 1",
    "EXP, -0.34, -0.35, 1",
    "EXP, 5.1, 5.3, 1",
    "EXP, 88, 89.5, 1",
    "EXP, -87, -88, 1",
    "EXP, -103, -104.5, 1",
    "EXP, 0.0001, 88, 301",
    "EXP, -0.0001, -104, 301",
    "ERF, 0.9, 0.94, 1",
    "ERF, -0.91, -0.93, 1",
    "ERF, 0.94, 1.1, 5",
    "ERF, 3.9, 4, 1",
    "ERF, 0.0001, 6, 301",
    "SIGMOID, -0.42, -0.43, 1",
    "SIGMOID, -1, -1.2, 3",
    "SIGMOID, -87, -88, 1",
    "SIGMOID, -103, -104.5, 1",
    "SIGMOID, -0.0001, -104, 301",
    "SIGMOID, 0.0001, 20, 301",
  })
  void overCriticalIntervals(Function function, float from, float to, int step) {
    assertWithinUlps(function, bits(from), bits(to) + 1, step);
  }

  /** Floats of one sign, in the order of their distance from zero. */
  private static long bits(float x) {
    return Integer.toUnsignedLong(Float.floatToRawIntBits(x));
  }

  private static void assertWithinUlps(Function function, long firstBits, long endBits, int step) {
    long chunk = (long) CHUNK * step;
    for (long first = firstBits; first < endBits; first += chunk) {
      long end = Math.min(endBits, first + chunk);
      int count = (int) ((end - first + step - 1) / step);
      for (int i = 0; i < count; i++) {
        X.set(i, Float.intBitsToFloat((int) (first + (long) i * step)));
      }
      function.run(X, Y);
      for (int i = 0; i < count; i++) {
        assertWithinUlps(function, X.get(i), Y.get(i));
      }
    }
  }

  private static void assertWithinUlps(Function function, float x, float found) {
    double exact = function.exact(x);
    boolean holds = Float.isNaN(x) ? Float.isNaN(found) : ulps(found, exact) <= function.ulps;
    // AssertJ would take longer than the functions: there are tens of millions of numbers.
    if (!holds) {
      throw new AssertionError(
          "%s(%s) is %s for %s: %.3f ulp".formatted(function, x, found, exact, ulps(found, exact)));
    }
  }

  private static double ulps(float found, double exact) {
    double bounded = bounded(exact);
    int exponent = Math.min(Float.MAX_EXPONENT, Math.getExponent(bounded));
    double ulp = Math.scalb(1.0, Math.max(Float.MIN_EXPONENT, exponent) - MANTISSA_BITS);
    return Math.abs(bounded(found) - bounded) / ulp;
  }

  private static double bounded(double value) {
    return Math.max(-PAST_THE_LARGEST, Math.min(PAST_THE_LARGEST, value));
  }

  /**
   * erf by its series of positive terms, {@code 2 / sqrt(pi) exp(-x^2) sum over n of 2^n x^(2n+1) /
   * (1 * 3 * ... * (2n + 1))} (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6),
   * which loses nothing to cancellation. The square of a float is exact in float64.
   */
  private static double erf(double x) {
    double t = Math.abs(x);
    if (t > 6) {
      // 1 - erf is less than half an ulp of a double.
      return Math.signum(x);
    }
    double term = t;
    double sum = t;
    for (int n = 1; term > sum * 0x1p-60; n++) {
      term *= 2 * t * t / (2 * n + 1);
      sum += term;
    }
    return Math.signum(x) * 2 / Math.sqrt(Math.PI) * StrictMath.exp(-t * t) * sum;
  }

  /** To 20 digits: by mpmath 1.3.0, {@code mpmath.mp.dps = 20; mpmath.erf(x)}. */
  @ParameterizedTest
  @CsvSource({
    "0.0009765625, 0.0011019324300718147042",
    "0.5, 0.52049987781304653768",
    "0.92, 0.80676772154776169704",
    "1, 0.84270079294971486934",
    "-2, -0.99532226501895273416",
    "3.95, 0.99999997678326776335",
  })
  void theReferenceOfErfIsExact(double x, double expected) {
    assertThat(erf(x)).isCloseTo(expected, within(1e-15));
  }

  @Test
  void expAtTheEndsOfItsRange() {
    assertThat(Function.EXP.of(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Function.EXP.of(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Function.EXP.of(Math.nextUp(88.72283f))).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Function.EXP.of(88.72283f)).isFinite();
    assertThat(Function.EXP.of(-103.97f)).isEqualTo(Float.MIN_VALUE);
    assertThat(Function.EXP.of(-104f)).isZero();
    assertThat(Function.EXP.of(-Float.MAX_VALUE)).isZero();
    assertThat(Function.EXP.of(Float.NEGATIVE_INFINITY)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0", "-0.0", "1.4e-45", "-1.4e-45", "1.17549435e-38", "-1.17549435e-38"})
  void nextToZero(float x) {
    assertThat(Function.EXP.of(x)).isEqualTo(1);
    assertThat(Function.SIGMOID.of(x)).isEqualTo(0.5f);
    assertWithinUlps(Function.ERF, x, Function.ERF.of(x));
  }

  @ParameterizedTest
  @CsvSource({"3.95", "4", "1000", "3.4028235e38", "Infinity"})
  void farFromZero(float x) {
    assertThat(Function.ERF.of(x)).isEqualTo(1);
    assertThat(Function.ERF.of(-x)).isEqualTo(-1);
    assertWithinUlps(Function.SIGMOID, x, Function.SIGMOID.of(x));
    assertWithinUlps(Function.SIGMOID, -x, Function.SIGMOID.of(-x));
  }

  @ParameterizedTest
  @EnumSource
  void notANumberStaysSo(Function function) {
    assertThat(function.of(Float.NaN)).isNaN();
  }

  /** Whole vectors and what is left of one: the same bits. */
  @ParameterizedTest
  @EnumSource
  void whereANumberStandsChangesNothing(Function function) {
    int count = 4 * Lanes.COUNT + 3;
    VectorTensor many = vector(KERNELS.allocate(1, count));
    for (int i = 0; i < count; i++) {
      many.set(i, (i - count / 2) / 7f);
    }
    VectorTensor results = vector(KERNELS.allocate(1, count));
    function.run(many, results);
    for (int i = 0; i < count; i++) {
      assertThat(results.get(i)).isEqualTo(function.of(many.get(i)));
    }
  }
}
