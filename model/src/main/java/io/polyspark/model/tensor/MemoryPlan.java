package io.polyspark.model.tensor;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Decides which tensors of a forward and backward pass share memory, and allocates each once. What
 * training keeps for the backward pass has memory of its own per layer, unless it is {@link
 * #recomputed}; inference reuses one layer's memory for all of them, and an analysis all but what
 * lies {@link #between} them. Tensors with a number per row are {@link #exact}, others where the
 * plan for such is asked.
 */
public final class MemoryPlan {
  /** What a plan is for. */
  public enum Purpose {
    /** Forward and backward. */
    TRAINING,
    /** Forward alone. */
    INFERENCE,
    /** Forward alone, after which what lies between the layers is still there. */
    ANALYSIS
  }

  private record Slot(String role, int layer, long rows, long columns, Elements elements) {}

  /** Of which dtype. */
  private enum Elements {
    /** That of the back end's products, or longer. */
    ORDINARY,
    /** The back end's precision. */
    EXACT
  }

  /** Where tensors come from. */
  @FunctionalInterface
  private interface Allocator {
    Tensor allocate(long rows, long columns, Elements elements);
  }

  private record Size(long rows, long columns) implements Tensor {}

  private record Length(int length) implements Indices {}

  private static final int ANY_LAYER = -1;

  /** Whose memory holds what is kept. */
  private enum Kept {
    /** Each layer's own. */
    PER_LAYER,
    /** That of all layers, which each fills in its turn. */
    SHARED
  }

  private final Purpose purpose;
  private final Kept kept;
  private final Elements elements;
  private final Allocator allocator;
  private final IntFunction<Indices> indexAllocator;
  private final Map<Slot, Tensor> tensors;
  private final Map<String, Indices> indices;

  private MemoryPlan(Purpose purpose, Allocator allocator, IntFunction<Indices> indexAllocator) {
    this.purpose = purpose;
    this.elements = Elements.ORDINARY;
    this.kept = purpose == Purpose.TRAINING ? Kept.PER_LAYER : Kept.SHARED;
    this.allocator = allocator;
    this.indexAllocator = indexAllocator;
    this.tensors = new HashMap<>();
    this.indices = new HashMap<>();
  }

  /** A view with the same memory. */
  private MemoryPlan(MemoryPlan of, Kept kept, Elements elements) {
    this.purpose = of.purpose;
    this.kept = kept;
    this.elements = elements;
    this.allocator = of.allocator;
    this.indexAllocator = of.indexAllocator;
    this.tensors = of.tensors;
    this.indices = of.indices;
  }

  /** A plan whose tensors come from {@code kernels}, which owns them. */
  public static MemoryPlan over(Kernels kernels, Purpose purpose) {
    return new MemoryPlan(
        purpose,
        (rows, columns, elements) ->
            elements == Elements.EXACT
                ? kernels.allocateExact(rows, columns)
                : kernels.allocate(rows, columns),
        kernels::allocateIndices);
  }

  /** A plan that only counts: its tensors have sizes and no memory. */
  public static MemoryPlan counting(Purpose purpose) {
    return new MemoryPlan(
        purpose, (rows, columns, elements) -> new Size(rows, columns), Length::new);
  }

  /**
   * This plan for tensors that each layer computes again before its backward pass reads them: the
   * layers share what they would keep. What either plan hands out counts in both.
   */
  public MemoryPlan recomputed() {
    return new MemoryPlan(this, Kept.SHARED, elements);
  }

  /**
   * This plan for tensors whose elements must not be shorter than the back end's precision, even
   * where its products read shorter ones: sums over many layers, statistics, scores.
   */
  public MemoryPlan exact() {
    return new MemoryPlan(this, kept, Elements.EXACT);
  }

  /** What the plan is for. */
  public Purpose purpose() {
    return purpose;
  }

  /** A tensor that a layer's forward pass fills and its backward pass reads. */
  public Tensor kept(String role, int layer, long rows, long columns) {
    return tensor(role, kept == Kept.PER_LAYER ? layer : ANY_LAYER, rows, columns);
  }

  /** As {@link #kept}, for what is not computed again even where the rest is. */
  public Tensor keptAlways(String role, int layer, long rows, long columns) {
    return tensor(role, purpose == Purpose.TRAINING ? layer : ANY_LAYER, rows, columns);
  }

  /** As {@link #kept}, for what lies between two layers, which an analysis looks at as well. */
  public Tensor between(String role, int layer, long rows, long columns) {
    return purpose == Purpose.ANALYSIS
        ? tensor(role, layer, rows, columns)
        : kept(role, layer, rows, columns);
  }

  /** A tensor whose content nobody expects to find again: all layers share it. */
  public Tensor shared(String role, long rows, long columns) {
    return tensor(role, ANY_LAYER, rows, columns);
  }

  /** A list of indices that all layers share, as {@link #shared}; a role has one length. */
  public Indices indices(String role, int length) {
    return indices.computeIfAbsent(role, key -> indexAllocator.apply(length));
  }

  private Tensor tensor(String role, int layer, long rows, long columns) {
    Elements of = columns == 1 ? Elements.EXACT : elements;
    return tensors.computeIfAbsent(
        new Slot(role, layer, rows, columns, of),
        key -> allocator.allocate(key.rows(), key.columns(), key.elements()));
  }

  /** The number of elements of all tensors and lists of indices handed out so far. */
  public long elements() {
    return sum(slot -> true, slot -> slot.rows() * slot.columns()) + ids();
  }

  /** The bytes handed out so far that belong to one layer each, where kernels hold them. */
  public long keptBytes(Kernels kernels) {
    return sum(slot -> slot.layer() != ANY_LAYER, slot -> bytes(slot, kernels));
  }

  /** The bytes handed out so far that all layers share, lists of indices too. */
  public long sharedBytes(Kernels kernels) {
    return sum(slot -> slot.layer() == ANY_LAYER, slot -> bytes(slot, kernels))
        + ids() * Integer.BYTES;
  }

  private static long bytes(Slot slot, Kernels kernels) {
    int each =
        slot.elements() == Elements.EXACT ? kernels.precision().bytes() : kernels.bytesPerElement();
    return slot.rows() * slot.columns() * each;
  }

  private long ids() {
    return indices.values().stream().mapToLong(Indices::length).sum();
  }

  private long sum(Predicate<Slot> counted, ToLongFunction<Slot> size) {
    return tensors.keySet().stream().filter(counted).mapToLong(size).sum();
  }
}
