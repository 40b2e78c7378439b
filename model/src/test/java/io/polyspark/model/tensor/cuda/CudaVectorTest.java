package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.tensor.AdamWStep;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.tensor.Into;
import io.polyspark.model.tensor.Kernels;
import io.polyspark.model.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A vector on a card, read and written in pieces while kernels change it. */
class CudaVectorTest {
  private CudaSession session;

  @BeforeAll
  static void device() {
    CardUnderTest.require();
  }

  private FlatVector vector(Dtype dtype, int length) {
    session = new CudaSession(0, dtype);
    return session.vector(length).orElseThrow();
  }

  @AfterEach
  void close() {
    session.close();
  }

  private static float[] counting(int length, float from) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = from + i;
    }
    return values;
  }

  @Test
  void beginsWithZerosAndGivesBackWhatWasWritten() {
    FlatVector vector = vector(Dtype.FLOAT32, 1000);
    float[] found = new float[1000];
    vector.read(0, found, 0, 1000);
    assertThat(found).containsOnly(0);
    vector.write(100, counting(50, 7), 10, 40);
    vector.read(95, found, 1, 20);
    assertThat(found[5]).isZero();
    assertThat(found[6]).isEqualTo(17);
    assertThat(found[20]).isEqualTo(31);
    vector.clear();
    vector.read(0, found, 0, 1000);
    assertThat(found).containsOnly(0);
  }

  /** The next piece is on its way while the caller works on one: it must not be an old one. */
  @Test
  void aPieceThatWasFetchedAheadIsFetchedAnewWhenItHasChanged() {
    FlatVector vector = vector(Dtype.FLOAT32, 300);
    vector.write(0, counting(300, 0), 0, 300);
    float[] piece = new float[100];
    vector.read(0, piece, 0, 100);
    vector.write(100, counting(100, 5000), 0, 100);
    vector.read(100, piece, 0, 100);
    assertThat(piece).isEqualTo(counting(100, 5000));
    try (Kernels kernels = session.create()) {
      kernels.fill(kernels.view(vector, 200, 1, 100), 3);
      vector.read(200, piece, 0, 100);
      assertThat(piece).containsOnly(3);
    }
    vector.read(50, piece, 0, 30);
    assertThat(piece[29]).isEqualTo(79);
  }

  /** Products in bfloat16 read a copy of a matrix, which follows the vector. */
  @Test
  void copiesForProductsFollowTheVector() {
    FlatVector vector = vector(Dtype.BF16, 32 * 8);
    try (Kernels kernels = session.create()) {
      Tensor x = kernels.allocate(1, 8);
      kernels.upload(new double[] {1, 1, 1, 1, 1, 1, 1, 1}, x);
      Tensor weight = kernels.view(vector, 0, 32, 8);
      Tensor y = kernels.allocateExact(1, 32);
      double[] found = new double[32];
      for (float value : new float[] {1, 2, 3}) {
        float[] values = new float[32 * 8];
        Arrays.fill(values, value);
        vector.write(0, values, 0, values.length);
        kernels.linear(x, weight, y, Into.OVERWRITE);
        kernels.download(y, found);
        assertThat(found).containsOnly(8 * value);
      }
    }
  }

  /** AdamW rounds what it steps; the same matrices rounded afterwards give the same product. */
  @Test
  void aStepRoundsItsStretchForTheProducts() {
    FlatVector vector = vector(Dtype.BF16, 16 * 8 + 4);
    FlatVector zeros = session.vector(16 * 8 + 4).orElseThrow();
    try (Kernels kernels = session.create()) {
      Tensor stretch = kernels.view(vector, 4, 1, 16 * 8);
      kernels.willStep(stretch);
      vector.write(0, counting(16 * 8 + 4, 1), 0, 16 * 8 + 4);
      Tensor x = kernels.allocate(1, 8);
      kernels.upload(new double[] {1, 0, 0, 0, 0, 0, 0, 0}, x);
      Tensor weight = kernels.view(vector, 4 + 8 * 8, 8, 8);
      Tensor y = kernels.allocateExact(1, 8);
      assertThat(product(kernels, x, weight, y))
          .containsExactly(69, 77, 85, 93, 101, 109, 117, 125);
      AdamWStep halving = new AdamWStep(1, 0.5, 0, 0.9, 0.95, 1e-8, 1);
      Tensor g = kernels.view(zeros, 4, 1, 16 * 8);
      kernels.adamW(stretch, g, g, g, halving);
      // 38.5 and the like are numbers in bfloat16 too.
      assertThat(product(kernels, x, weight, y))
          .containsExactly(34.5, 38.5, 42.5, 46.5, 50.5, 54.5, 58.5, 62.5);
      kernels.adamW(
          kernels.view(vector, 0, 1, 4),
          kernels.view(zeros, 0, 1, 4),
          kernels.view(zeros, 0, 1, 4),
          kernels.view(zeros, 0, 1, 4),
          halving);
      assertThat(product(kernels, x, weight, y))
          .containsExactly(34.5, 38.5, 42.5, 46.5, 50.5, 54.5, 58.5, 62.5);
    }
  }

  private static double[] product(Kernels kernels, Tensor x, Tensor weight, Tensor y) {
    kernels.linear(x, weight, y, Into.OVERWRITE);
    double[] found = new double[8];
    kernels.download(y, found);
    return found;
  }

  @Test
  void refusesWhatLiesBeyond() {
    FlatVector vector = vector(Dtype.FLOAT32, 10);
    assertThatThrownBy(() -> vector.read(5, new float[10], 0, 6))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> vector.write(0, new float[3], 1, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
