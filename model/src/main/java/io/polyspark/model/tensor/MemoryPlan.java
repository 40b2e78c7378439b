package io.polyspark.model.tensor;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * Decides which tensors of a forward and backward pass share memory, and allocates each once. What
 * training keeps for the backward pass has memory of its own per layer; inference reuses one
 * layer's memory for all of them.
 */
public final class MemoryPlan {
  /** What a plan is for. */
  public enum Purpose {
    /** Forward and backward. */
    TRAINING,
    /** Forward alone. */
    INFERENCE
  }

  private record Slot(String role, int layer, long rows, long columns) {}

  private record Size(long rows, long columns) implements Tensor {}

  private record Length(int length) implements Indices {}

  private static final int ANY_LAYER = -1;

  private final Purpose purpose;
  private final BiFunction<Long, Long, Tensor> allocator;
  private final IntFunction<Indices> indexAllocator;
  private final Map<Slot, Tensor> tensors = new HashMap<>();
  private final Map<String, Indices> indices = new HashMap<>();

  private MemoryPlan(
      Purpose purpose,
      BiFunction<Long, Long, Tensor> allocator,
      IntFunction<Indices> indexAllocator) {
    this.purpose = purpose;
    this.allocator = allocator;
    this.indexAllocator = indexAllocator;
  }

  /** A plan whose tensors come from {@code kernels}, which owns them. */
  public static MemoryPlan over(Kernels kernels, Purpose purpose) {
    return new MemoryPlan(purpose, kernels::allocate, kernels::allocateIndices);
  }

  /** A plan that only counts: its tensors have sizes and no memory. */
  public static MemoryPlan counting(Purpose purpose) {
    return new MemoryPlan(purpose, Size::new, Length::new);
  }

  /** What the plan is for. */
  public Purpose purpose() {
    return purpose;
  }

  /** A tensor that a layer's forward pass fills and its backward pass reads. */
  public Tensor kept(String role, int layer, long rows, long columns) {
    return tensor(new Slot(role, purpose == Purpose.TRAINING ? layer : ANY_LAYER, rows, columns));
  }

  /** A tensor whose content nobody expects to find again: all layers share it. */
  public Tensor shared(String role, long rows, long columns) {
    return tensor(new Slot(role, ANY_LAYER, rows, columns));
  }

  /** A list of indices that all layers share, as {@link #shared}; a role has one length. */
  public Indices indices(String role, int length) {
    return indices.computeIfAbsent(role, key -> indexAllocator.apply(length));
  }

  private Tensor tensor(Slot slot) {
    return tensors.computeIfAbsent(slot, key -> allocator.apply(key.rows(), key.columns()));
  }

  /** The number of elements handed out so far that belong to one layer each, for its gradient. */
  public long keptElements() {
    return elements(slot -> slot.layer() != ANY_LAYER);
  }

  /**
   * The number of elements handed out so far that all layers share; an index counts as one, since
   * it takes as much memory as a float32.
   */
  public long sharedElements() {
    return elements(slot -> slot.layer() == ANY_LAYER)
        + indices.values().stream().mapToLong(Indices::length).sum();
  }

  /** The number of elements of all tensors and lists of indices handed out so far. */
  public long elements() {
    return keptElements() + sharedElements();
  }

  private long elements(Predicate<Slot> counted) {
    return tensors.entrySet().stream()
        .filter(entry -> counted.test(entry.getKey()))
        .mapToLong(entry -> entry.getValue().length())
        .sum();
  }
}
