package io.polyspark.model.tensor;

import java.util.Arrays;
import java.util.Objects;

/**
 * Which rows go to which experts, as integers on the heap, filled anew for every batch. Letters: N
 * rows, E experts, K experts of each row, S = N*K slots. A slot is one row at one expert; slots are
 * sorted by expert, and those of an expert by row, so that each expert's rows are contiguous.
 *
 * <p>A back end that has these integers on a device extends this, and fetches them when the heap's
 * are first asked for.
 */
public class Routing {
  /** What multiplies an expert's output. */
  public enum Weights {
    /** The expert's probability among all experts. */
    PROBABILITIES,
    /** The same over the sum of the K probabilities of the row. */
    NORMALIZED
  }

  private final int rows;
  private final int experts;
  private final int expertsPerRow;
  private final Weights weights;
  private final int[] chosen;
  private final int[] slots;
  private final int[] rowOfSlot;
  private final int[] begins;

  /**
   * @param rows N
   * @param experts E
   * @param expertsPerRow K, at most E
   */
  public Routing(int rows, int experts, int expertsPerRow, Weights weights) {
    if (expertsPerRow < 1 || expertsPerRow > experts) {
      throw new IllegalArgumentException(expertsPerRow + " experts per row of " + experts);
    }
    this.rows = rows;
    this.experts = experts;
    this.expertsPerRow = expertsPerRow;
    this.weights = weights;
    int count = Math.multiplyExact(rows, expertsPerRow);
    this.chosen = new int[count];
    this.slots = new int[count];
    this.rowOfSlot = new int[count];
    this.begins = new int[experts + 1];
  }

  /** N. */
  public int rows() {
    return rows;
  }

  /** E. */
  public int experts() {
    return experts;
  }

  /** K. */
  public int expertsPerRow() {
    return expertsPerRow;
  }

  /** What multiplies an expert's output. */
  public Weights weights() {
    return weights;
  }

  /** S. */
  public int slots() {
    return slots.length;
  }

  /** Fetches the slots where they lie elsewhere; called before the heap's are read. */
  protected void settleSlots() {}

  /** As {@link #settleSlots}, the first of each expert: a few, which a load is counted by. */
  protected void settleBegins() {}

  /**
   * Sets the slots at once, instead of {@link #choose} and {@link #sort}.
   *
   * @param experts those of each row from the largest score on, [S]
   * @param slotOfEach where the row lies at each of them, [S]
   * @param rowOfEach the row of each slot, [S]
   */
  protected final void fillSlots(int[] experts, int[] slotOfEach, int[] rowOfEach) {
    System.arraycopy(experts, 0, chosen, 0, chosen.length);
    System.arraycopy(slotOfEach, 0, slots, 0, slots.length);
    System.arraycopy(rowOfEach, 0, rowOfSlot, 0, rowOfSlot.length);
  }

  /**
   * As {@link #fillSlots}.
   *
   * @param firstSlots the first slot of each expert, and S, [E + 1]
   */
  protected final void fillBegins(int[] firstSlots) {
    System.arraycopy(firstSlots, 0, begins, 0, begins.length);
  }

  /**
   * Chooses the experts of one row: those with the K largest scores, of equal ones the lowest. Rows
   * may be chosen for by several threads; {@link #sort} follows when all are done.
   *
   * @param scores those of the row's experts lie at {@code [from, from + E)}
   */
  public void choose(int row, double[] scores, int from) {
    Objects.checkFromIndexSize(from, experts, scores.length);
    int first = row * expertsPerRow;
    for (int expert = 0; expert < experts; expert++) {
      int at = first + Math.min(expert, expertsPerRow);
      while (at > first && scores[from + expert] > scores[from + chosen[at - 1]]) {
        at--;
        if (at + 1 < first + expertsPerRow) {
          chosen[at + 1] = chosen[at];
        }
      }
      if (at < first + expertsPerRow) {
        chosen[at] = expert;
      }
    }
  }

  /** Gives every row at every one of its experts a slot: a counting sort, stable. */
  public void sort() {
    Arrays.fill(begins, 0);
    for (int expert : chosen) {
      begins[expert + 1]++;
    }
    for (int expert = 0; expert < experts; expert++) {
      begins[expert + 1] += begins[expert];
    }
    for (int choice = 0; choice < chosen.length; choice++) {
      // Each expert's begin moves to its end while its slots are given out.
      int slot = begins[chosen[choice]]++;
      slots[choice] = slot;
      rowOfSlot[slot] = choice / expertsPerRow;
    }
    System.arraycopy(begins, 0, begins, 1, experts);
    begins[0] = 0;
  }

  /**
   * One of a row's experts.
   *
   * @param rank from 0 for the largest score to K - 1
   */
  public int expert(int row, int rank) {
    settleSlots();
    return chosen[row * expertsPerRow + rank];
  }

  /** Where a row lies at one of its experts, after {@link #sort}. */
  public int slot(int row, int rank) {
    settleSlots();
    return slots[row * expertsPerRow + rank];
  }

  /** The first slot of an expert. */
  public int begin(int expert) {
    settleBegins();
    return begins[expert];
  }

  /** The slot after an expert's last; {@link #begin} where no row chose it. */
  public int end(int expert) {
    settleBegins();
    return begins[expert + 1];
  }

  /** The part of all slots that an expert has. */
  public double share(int expert) {
    return (double) (end(expert) - begin(expert)) / slots();
  }

  /** The row of each slot, [S]; not to be changed. */
  public int[] rowOfSlot() {
    settleSlots();
    return rowOfSlot;
  }
}
