package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.tensor.Routing;
import io.polyspark.model.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaEmbeddingTest {
  /** Rows of one element, of whole and of broken fours, shorter and longer than a block. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "13, 5, 7", "67, 8, 4", "131, 11, 48", "257, 3, 1031", "33, 97, 1236"})
  void takesRowsAndAddsThem(int count, int vocabulary, int columns) {
    SessionUnderTest.inEveryOrder(
        Dtype.BF16,
        card -> {
          int[] ids = card.random().ints(count, 0, vocabulary).toArray();
          for (ElementType from : ElementType.values()) {
            for (ElementType to : ElementType.values()) {
              gather(card, ids, vocabulary, columns, from, to);
              scatter(card, ids, vocabulary, columns, from, to);
            }
          }
        });
  }

  /** Frequent tokens, whose rows are many loads one after the other. */
  @Test
  void addsLongRuns() {
    SessionUnderTest.inEveryOrder(
        Dtype.FLOAT32,
        card -> {
          int[] ids = card.random().ints(5000, 0, 60_000).map(id -> id < 30_000 ? 5 : id).toArray();
          scatter(card, ids, 60_000, 8, ElementType.F32, ElementType.F32);
        });
  }

  /** A flat vector's matrices begin anywhere. */
  @Test
  void takesRowsThatAreNotAligned() {
    SessionUnderTest.inEveryOrder(
        Dtype.BF16,
        card -> {
          double[] values = card.normal(5 * 16);
          int[] ids = {4, 0, 4, 3};
          for (ElementType from : ElementType.values()) {
            for (ElementType to : ElementType.values()) {
              for (int skipped : new int[] {1, 2, 4}) {
                CudaTensor table = card.tensor(values, 5, 16, from, skipped);
                CudaTensor out = card.unset(4, 16, to);
                new CudaEmbedding(card.session()).gatherRows(table, card.ids(ids), out);
                Tensor expected = card.exact(new double[4 * 16], 4, 16);
                card.exact().gatherRows(card.exact(values, 5, 16), card.exactIds(ids), expected);
                card.check("gatherRows", out, expected, 0);
              }
            }
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1, 1", "13, 5, 3, 7", "101, 16, 8, 64", "50, 64, 9, 1028", "3, 7, 7, 1501"})
  void bringsRowsBackFromTheirExperts(int rows, int experts, int perRow, int columns) {
    SessionUnderTest.inEveryOrder(
        Dtype.BF16,
        card -> {
          CudaRouting routing = routing(card, rows, experts, perRow);
          for (ElementType from : ElementType.values()) {
            for (ElementType to : ElementType.values()) {
              combine(card, routing, columns, from, to);
            }
          }
        });
  }

  private static void gather(
      SessionUnderTest card,
      int[] ids,
      int vocabulary,
      int columns,
      ElementType from,
      ElementType to) {
    double[] values = card.normal((long) vocabulary * columns);
    CudaTensor out = card.unset(ids.length, columns, to);
    new CudaEmbedding(card.session())
        .gatherRows(card.tensor(values, vocabulary, columns, from), card.ids(ids), out);
    Tensor expected = card.exact(new double[ids.length * columns], ids.length, columns);
    card.exact().gatherRows(card.exact(values, vocabulary, columns), card.exactIds(ids), expected);
    card.check("gatherRows " + from + " " + to, out, expected, 0);
  }

  private static void scatter(
      SessionUnderTest card,
      int[] ids,
      int vocabulary,
      int columns,
      ElementType from,
      ElementType to) {
    double[] rows = card.normal((long) ids.length * columns);
    double[] values = card.normal((long) vocabulary * columns);
    CudaTensor table = card.tensor(values, vocabulary, columns, to);
    new CudaEmbedding(card.session())
        .scatterAddRows(card.tensor(rows, ids.length, columns, from), card.ids(ids), table);
    Tensor expected = card.exact(values, vocabulary, columns);
    card.exact()
        .scatterAddRows(card.exact(rows, ids.length, columns), card.exactIds(ids), expected);
    card.check("scatterAddRows " + from + " " + to, table, expected, tolerance(to));
  }

  private static void combine(
      SessionUnderTest card, CudaRouting routing, int columns, ElementType from, ElementType to) {
    double[] slots = card.normal((long) routing.slots() * columns);
    double[] before = card.normal((long) routing.rows() * columns);
    CudaTensor into = card.tensor(before, routing.rows(), columns, to);
    new CudaEmbedding(card.session())
        .combine(card.tensor(slots, routing.slots(), columns, from), routing, into);
    Tensor expected = card.exact(before, routing.rows(), columns);
    card.exact()
        .scatterAddRows(
            card.exact(slots, routing.slots(), columns),
            card.exactIds(routing.rowOfSlot()),
            expected);
    card.check("combine " + from + " " + to, into, expected, tolerance(to));
  }

  private static CudaRouting routing(SessionUnderTest card, int rows, int experts, int perRow) {
    CudaRouting routing =
        CudaRouting.in(
            card.session(),
            rows,
            experts,
            perRow,
            Routing.Weights.NORMALIZED,
            (role, length) -> card.ids(filled(length)));
    new CudaRouter(card.session())
        .route(
            card.tensor(card.normal((long) rows * experts), rows, experts, ElementType.F32),
            routing,
            card.unset(rows, experts, ElementType.F32),
            card.unset(rows, 1, ElementType.F32),
            card.unset(routing.slots(), 1, ElementType.F32));
    return routing;
  }

  private static int[] filled(int length) {
    int[] values = new int[length];
    Arrays.fill(values, -1);
    return values;
  }

  private static double tolerance(ElementType type) {
    return type == ElementType.F32 ? 1e-5 : 1e-2;
  }
}
