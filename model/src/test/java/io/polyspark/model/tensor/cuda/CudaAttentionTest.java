package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.tensor.AttentionShape;
import io.polyspark.model.tensor.cuda.CardAndOracle.Pair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention whose heads fill tiles, and of which some are left over. */
class CudaAttentionTest {
  /** Little, so that a few heads are worked on at a time, and fewer at the end. */
  private static final long CACHE_BYTES = 70_000;

  /** Each size of tiles; one, few and many positions; groups of heads. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 8",
    "2, 3, 2, 1, 16",
    "1, 67, 2, 2, 24",
    "2, 131, 3, 1, 32",
    "1, 197, 2, 2, 64",
    "2, 129, 2, 1, 80",
    "1, 133, 6, 3, 128",
    "3, 257, 1, 1, 128",
    "1, 67, 2, 1, 136",
    "1, 131, 2, 1, 256",
  })
  void onMatrixUnits(int sequences, int positions, int heads, int keyValueHeads, int headSize) {
    assertClose(
        ElementType.BF16, new AttentionShape(sequences, positions, heads, keyValueHeads, headSize));
  }

  /** Each size of tiles, of the forward pass and of the gradient. */
  @ParameterizedTest
  @CsvSource({
    "F32, 1, 1, 1, 1, 1",
    "F32, 5, 131, 6, 2, 12",
    "F32, 2, 7, 6, 2, 3",
    "F32, 2, 67, 2, 1, 34",
    "F32, 1, 64, 2, 2, 128",
    "F32, 1, 37, 2, 1, 160",
    "F32, 1, 19, 1, 1, 257",
    "BF16, 1, 37, 2, 1, 20",
    "BF16, 1, 19, 2, 1, 264",
  })
  void byArithmetic(
      ElementType type, int sequences, int positions, int heads, int keyValueHeads, int headSize) {
    assertClose(type, new AttentionShape(sequences, positions, heads, keyValueHeads, headSize));
  }

  /** Scores far apart: the greatest of a row grows from tile to tile, and others vanish. */
  @ParameterizedTest
  @CsvSource({"F32, 30", "BF16, 64"})
  void peaked(ElementType type, int headSize) {
    assertClose(type, new AttentionShape(1, 200, 1, 1, headSize), 16, 64);
  }

  private static void assertClose(ElementType type, AttentionShape shape) {
    assertClose(type, shape, 1, 0.5);
  }

  /**
   * Forward and backward.
   *
   * @param factor of the queries, a power of two
   * @param least what dQ and dK are held against where they are smaller: they are what is left of
   *     differences
   */
  private static void assertClose(
      ElementType type, AttentionShape shape, double factor, double least) {
    CardAndOracle.inEveryOrder(
        both -> {
          CudaAttention card = new CudaAttention(both.card(), CACHE_BYTES);
          int rows = shape.sequences() * shape.positions();
          int width = shape.heads() * shape.headSize();
          int keyWidth = shape.keyValueHeads() * shape.headSize();
          Pair q = both.normal(type, rows, width);
          new CudaElementwise(both.card()).scaleAndShift(q.card(), factor, 0, q.card());
          both.oracle().scaleAndShift(q.oracle(), factor, 0, q.oracle());
          Pair k = both.normal(type, rows, keyWidth);
          Pair v = both.normal(type, rows, keyWidth);
          Pair out = both.unset(type, rows, width);
          Pair kept = both.unset(ElementType.F32, rows, card.keptPerRow(shape));
          card.forward(q.card(), k.card(), v.card(), shape, kept.card(), out.card());
          int oracleKeeps = both.oracle().attentionKeptPerRow(shape);
          var oracleKept = oracleKeeps > 0 ? both.oracle().allocate(rows, oracleKeeps) : null;
          both.oracle()
              .attention(q.oracle(), k.oracle(), v.oracle(), shape, oracleKept, out.oracle());
          both.assertClose("attention", out);

          Pair dOut = both.normal(type, rows, width);
          Pair dQ = both.unset(type, rows, width);
          Pair dK = both.unset(type, rows, keyWidth);
          Pair dV = both.unset(type, rows, keyWidth);
          card.backward(
              q.card(),
              k.card(),
              v.card(),
              out.card(),
              dOut.card(),
              shape,
              kept.card(),
              dQ.card(),
              dK.card(),
              dV.card());
          both.oracle()
              .attentionGradient(
                  q.oracle(),
                  k.oracle(),
                  v.oracle(),
                  out.oracle(),
                  dOut.oracle(),
                  shape,
                  oracleKept,
                  dQ.oracle(),
                  dK.oracle(),
                  dV.oracle());
          both.assertClose("dQ", dQ, least);
          both.assertClose("dK", dK, least);
          both.assertClose("dV", dV);
        });
  }

  /** A few positions over what came before, as when text is generated. */
  @ParameterizedTest
  @CsvSource({
    "BF16, 0, 1, 64",
    "BF16, 98, 1, 64",
    "BF16, 40, 33, 128",
    "F32, 0, 1, 6",
    "F32, 98, 1, 6",
    "F32, 40, 33, 6",
  })
  void cached(ElementType type, int first, int rows, int headSize) {
    AttentionShape shape = new AttentionShape(1, 99, 4, 2, headSize);
    CardAndOracle.inEveryOrder(
        both -> {
          Pair q = both.normal(type, rows, 4 * headSize);
          Pair k = both.normal(type, shape.positions(), 2 * headSize);
          Pair v = both.normal(type, shape.positions(), 2 * headSize);
          Pair out = both.unset(type, rows, 4 * headSize);
          new CudaAttention(both.card())
              .cached(q.card(), k.card(), v.card(), shape, first, out.card());
          both.oracle()
              .cachedAttention(q.oracle(), k.oracle(), v.oracle(), shape, first, out.oracle());
          both.assertClose("cachedAttention", out);
        });
  }

  @Test
  void headsThatAreTooWide() {
    AttentionShape shape = new AttentionShape(1, 2, 1, 1, 513);
    CardAndOracle.inEveryOrder(
        both -> {
          CudaTensor x = both.normal(ElementType.F32, 2, 513).card();
          CudaAttention attention = new CudaAttention(both.card());
          assertThatThrownBy(() -> attention.forward(x, x, x, shape, null, x))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage("a card's attention has heads of at most 512 columns, not 513");
        });
  }
}
