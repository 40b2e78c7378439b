package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Indices;
import io.polyspark.model.tensor.Routing;
import java.util.function.BiFunction;

/**
 * A {@link Routing} that lies in a card's memory, where the kernels read it; it comes to the heap
 * when somebody asks there. Letters as in {@link Routing}.
 */
final class CudaRouting extends Routing {
  /** What the kernels of the router and of the counting sort have room for. */
  static final int MOST_EXPERTS = 1 << CudaCountingSort.MOST_BITS;

  private final Launcher launcher;
  private final CudaIndices chosen;
  private final CudaIndices slots;
  private final CudaIndices rowOfSlot;
  private final CudaIndices begins;
  private boolean staleSlots;
  private boolean staleBegins;

  /**
   * @param chosen the experts of each row by rank, [S]
   * @param slots of each row by rank, [S]
   * @param rowOfSlot [S]
   * @param begins the first slot of each expert, and S, [E + 1]
   * @throws IllegalArgumentException for more than {@link #MOST_EXPERTS}
   */
  CudaRouting(
      Launcher launcher,
      int rows,
      int experts,
      int expertsPerRow,
      Weights weights,
      CudaIndices chosen,
      CudaIndices slots,
      CudaIndices rowOfSlot,
      CudaIndices begins) {
    super(rows, experts, expertsPerRow, weights);
    if (experts > MOST_EXPERTS) {
      throw new IllegalArgumentException(
          "a card routes to at most %d experts, not to %d".formatted(MOST_EXPERTS, experts));
    }
    this.launcher = launcher;
    this.chosen = chosen;
    this.slots = slots;
    this.rowOfSlot = rowOfSlot;
    this.begins = begins;
  }

  /**
   * A routing in lists of ids that somebody else gives.
   *
   * @param memory a list by its role and length
   */
  static CudaRouting in(
      Launcher launcher,
      int rows,
      int experts,
      int expertsPerRow,
      Weights weights,
      BiFunction<String, Integer, Indices> memory) {
    int count = Math.multiplyExact(rows, expertsPerRow);
    return new CudaRouting(
        launcher,
        rows,
        experts,
        expertsPerRow,
        weights,
        onCard(memory.apply("chosen", count)),
        onCard(memory.apply("slots", count)),
        onCard(memory.apply("rowOfSlot", count)),
        onCard(memory.apply("begins", experts + 1)));
  }

  /** Nothing where lists are only counted. */
  private static CudaIndices onCard(Indices indices) {
    return indices instanceof CudaIndices here ? here : null;
  }

  /** On the card, the experts of each row by rank, [S]. */
  CudaIndices chosenOnCard() {
    return chosen;
  }

  /** On the card, the slots of each row by rank, [S]. */
  CudaIndices slotsOnCard() {
    return slots;
  }

  /** On the card, the row of each slot, [S]. */
  CudaIndices rowOfSlotOnCard() {
    return rowOfSlot;
  }

  /** On the card, the first slot of each expert, and S, [E + 1]. */
  CudaIndices beginsOnCard() {
    return begins;
  }

  /** Says that what lies on the card is newer than what lies on the heap. */
  void stale() {
    staleSlots = true;
    staleBegins = true;
  }

  @Override
  protected void settleSlots() {
    if (staleSlots) {
      fillSlots(read(chosen), read(slots), read(rowOfSlot));
      staleSlots = false;
    }
  }

  @Override
  protected void settleBegins() {
    if (staleBegins) {
      fillBegins(read(begins));
      staleBegins = false;
    }
  }

  private int[] read(CudaIndices indices) {
    int[] values = new int[indices.length()];
    launcher.read(indices, values);
    return values;
  }
}
