package io.polyspark.model.tensor.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The matrices of a vector of parameters in the type that products read, made anew when the vector
 * has changed. Stretches that the optimizer steps are kept as they lie, so that it can round what
 * it computes on the way; other matrices each by itself.
 */
final class RoundedParameters implements AutoCloseable {
  private final CudaSession session;
  private final List<Rounded> stretches = new ArrayList<>();
  private final Map<CudaTensor, Rounded> matrices = new HashMap<>();

  RoundedParameters(CudaSession session) {
    this.session = session;
  }

  /** A part of the vector, and the same numbers in another type. */
  private static final class Rounded {
    private final CudaTensor exact;
    private final CudaTensor rounded;
    private boolean stale = true;

    Rounded(CudaTensor exact, CudaTensor rounded) {
      this.exact = exact;
      this.rounded = rounded;
    }

    boolean holds(CudaTensor part) {
      return exact.offset() <= part.offset()
          && part.offset() + part.bytes() <= exact.offset() + exact.bytes();
    }

    boolean meets(CudaTensor part) {
      return exact.offset() < part.offset() + part.bytes()
          && part.offset() < exact.offset() + exact.bytes();
    }

    CudaTensor part(CudaTensor of) {
      long first = (of.offset() - exact.offset()) / exact.type().bytes();
      return new CudaTensor(
          rounded.memory(),
          first * rounded.type().bytes(),
          of.rows(),
          of.columns(),
          rounded.type());
    }

    void settle(CudaElementwise elementwise) {
      if (stale) {
        elementwise.copy(exact, rounded);
        stale = false;
      }
    }
  }

  /** Keeps a stretch as a whole from now on. */
  void keep(CudaTensor stretch) {
    stretches.add(rounded(stretch));
  }

  private Rounded rounded(CudaTensor exact) {
    Extent room = new Extent(session, "the parameters in bfloat16");
    room.plan(exact.length() * session.activations().bytes());
    return new Rounded(
        exact, new CudaTensor(room, 0, exact.rows(), exact.columns(), session.activations()));
  }

  /** A matrix as it is now. */
  CudaTensor of(CudaTensor matrix, CudaElementwise elementwise) {
    for (Rounded stretch : stretches) {
      if (stretch.holds(matrix)) {
        stretch.settle(elementwise);
        return stretch.part(matrix);
      }
    }
    Rounded own = matrices.computeIfAbsent(matrix, this::rounded);
    own.settle(elementwise);
    return own.rounded;
  }

  /** Makes everything anew that has changed since. */
  void settle(CudaElementwise elementwise) {
    stretches.forEach(stretch -> stretch.settle(elementwise));
    matrices.values().forEach(matrix -> matrix.settle(elementwise));
  }

  /** Says that the vector has changed. */
  void changed() {
    stretches.forEach(stretch -> stretch.stale = true);
    matrices.values().forEach(matrix -> matrix.stale = true);
  }

  /**
   * Says that a step changes a stretch of the vector.
   *
   * @return where it writes its numbers in the other type too; null where they are not kept so
   */
  CudaTensor step(CudaTensor stretch) {
    CudaTensor written = null;
    for (Rounded kept : stretches) {
      if (kept.exact.equals(stretch)) {
        kept.stale = false;
        written = kept.rounded;
      } else if (kept.meets(stretch)) {
        kept.stale = true;
      }
    }
    matrices.values().stream()
        .filter(matrix -> matrix.meets(stretch))
        .forEach(matrix -> matrix.stale = true);
    return written;
  }

  @Override
  public void close() {
    stretches.forEach(stretch -> ((Extent) stretch.rounded.memory()).close());
    matrices.values().forEach(matrix -> ((Extent) matrix.rounded.memory()).close());
  }
}
