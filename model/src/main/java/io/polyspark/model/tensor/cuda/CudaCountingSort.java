package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.cuda.Launcher.Grid;

/**
 * A stable counting sort of ids on a card, one digit of up to {@value #MOST_BITS} bits a pass; the
 * least significant comes first. The kernels are in {@code counting_sort.cu}.
 */
final class CudaCountingSort {
  /** Bits of a digit: an int for each digit and warp of a block has room in its shared memory. */
  static final int MOST_BITS = 10;

  private static final String MODULE = "counting_sort";
  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;
  private static final int TILE = 2048;
  private static final int SCAN_THREADS = 1024;

  private final Launcher launcher;

  CudaCountingSort(Launcher launcher) {
    this.launcher = launcher;
  }

  /**
   * Ids in order, in scratch memory that the next sort uses again.
   *
   * @param ids from the least to the largest
   * @param positions where each of them was; those of equal ids in their order
   */
  record Sorted(CudaIndices ids, CudaIndices positions) {}

  /**
   * Sorts a copy of ids.
   *
   * @param range all ids are less than this and not negative
   */
  Sorted sort(CudaIndices ids, int range) {
    int allBits = bits(range);
    int passes = ceilDivide(allBits, MOST_BITS);
    int bits = ceilDivide(allBits, passes);
    CudaIndices from = ids;
    CudaIndices positions = null;
    for (int pass = 0; pass < passes; pass++) {
      int shift = pass * bits;
      CudaIndices begins = begins(from, shift, bits);
      CudaIndices sortedIds = launcher.scratchIds("sort.ids." + pass % 2, ids.length());
      CudaIndices sortedPositions = launcher.scratchIds("sort.positions." + pass % 2, ids.length());
      launcher.launch(
          MODULE,
          "place_by_digit",
          placing(ids.length(), bits),
          from,
          positions,
          ids.length(),
          shift,
          bits,
          begins,
          sortedIds,
          sortedPositions);
      from = sortedIds;
      positions = sortedPositions;
    }
    return new Sorted(from, positions);
  }

  /**
   * Gives every row at every one of its experts a slot, as {@link
   * io.polyspark.model.tensor.Routing#sort} does.
   *
   * @param routing whose experts are chosen, on the card
   * @param shares what multiplies each row's experts, by rank, [S, 1] in float32
   * @param weights overwritten with the same in the order of the slots, [S, 1] in float32
   */
  void slots(CudaRouting routing, CudaTensor shares, CudaTensor weights) {
    int bits = bits(routing.experts());
    CudaIndices begins = begins(routing.chosenOnCard(), 0, bits);
    launcher.launch(
        MODULE,
        "place_slots",
        placing(routing.slots(), bits),
        routing.chosenOnCard(),
        shares,
        routing.slots(),
        bits,
        routing.expertsPerRow(),
        routing.experts(),
        begins,
        routing.slotsOnCard(),
        routing.rowOfSlotOnCard(),
        weights,
        routing.beginsOnCard());
  }

  /** Where the ids of each (digit, tile) begin. */
  private CudaIndices begins(CudaIndices ids, int shift, int bits) {
    int tiles = ceilDivide(ids.length(), TILE);
    CudaIndices counts = launcher.scratchIds("sort.begins", Math.multiplyExact(tiles, 1 << bits));
    launcher.launch(
        MODULE,
        "digit_counts",
        Grid.of(tiles, THREADS).withShared(Integer.BYTES << bits),
        ids,
        ids.length(),
        shift,
        bits,
        counts);
    launcher.launch(MODULE, "exclusive_scan", Grid.of(1, SCAN_THREADS), counts, counts.length());
    return counts;
  }

  private static Grid placing(int count, int bits) {
    return Grid.of(ceilDivide(count, TILE), THREADS).withShared((WARPS * Integer.BYTES) << bits);
  }

  /** That ids less than {@code range} have; at least one. */
  private static int bits(int range) {
    return Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(range - 1));
  }

  private static int ceilDivide(int a, int b) {
    return (a - 1) / b + 1;
  }
}
