package io.polyspark.model.tensor.cuda;

import io.polyspark.model.tensor.Dtype;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cublas.cublasLtMatmulAlgo_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulDescOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulHeuristicResult_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulPreferenceOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatrixLayoutOpaque_t;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * cuBLASLt's products, summed in float32. Which algorithm multiplies matrices of some shape is
 * asked once and kept; those that sum in an order that varies are left out, and so are those that
 * round partial sums to the type of the result.
 */
final class MatrixLibrary implements AutoCloseable {
  /** As NVIDIA advises for Hopper. */
  static final long WORKSPACE_BYTES = 32L << 20;

  private static final int MOST_ALIGNMENT = 256;

  private final CudaSession session;
  private final cublasLtContext handle = new cublasLtContext();
  private final FloatPointer one = new FloatPointer(1f);
  private final FloatPointer zero = new FloatPointer(0f);
  private final Map<Shape, Plan> plans = new HashMap<>();

  MatrixLibrary(CudaSession session) {
    this.session = session;
    check(cublas.cublasLtCreate(handle), "cublasLtCreate");
  }

  /** How an operand is read. */
  enum Operation {
    /** As it is stored. */
    PLAIN(cublas.CUBLAS_OP_N),
    /** Transposed. */
    TRANSPOSED(cublas.CUBLAS_OP_T);

    private final int code;

    Operation(int code) {
      this.code = code;
    }
  }

  /** A column-major matrix in the card's memory. */
  record Matrix(long address, long rows, long columns, ElementType type) {
    private int alignment() {
      return (int) Math.min(MOST_ALIGNMENT, Long.lowestOneBit(address | MOST_ALIGNMENT));
    }
  }

  /** All that decides on the algorithm. */
  private record Shape(
      Operation operationA,
      Operation operationB,
      long rowsA,
      long columnsA,
      long rowsB,
      long columnsB,
      long rows,
      long columns,
      ElementType operands,
      ElementType result,
      int alignmentA,
      int alignmentB,
      int alignment) {}

  /** cuBLASLt's descriptions of a product, and the algorithm. */
  private record Plan(
      cublasLtMatmulDescOpaque_t product,
      cublasLtMatrixLayoutOpaque_t a,
      cublasLtMatrixLayoutOpaque_t b,
      cublasLtMatrixLayoutOpaque_t d,
      cublasLtMatmulHeuristicResult_t found,
      cublasLtMatmulAlgo_t algorithm) {}

  /**
   * {@code d = c + op(a) op(b)}.
   *
   * @param a of one type with b
   * @param c of the type and sizes of d, which it may be; null for nothing
   */
  void multiply(
      Matrix a, Operation operationA, Matrix b, Operation operationB, Matrix c, Matrix d) {
    Matrix summand = c == null ? d : c;
    if (summand.type() != d.type()) {
      throw new IllegalArgumentException(
          "A product of type " + d.type() + " is added to " + summand.type());
    }
    Shape shape =
        new Shape(
            operationA,
            operationB,
            a.rows(),
            a.columns(),
            b.rows(),
            b.columns(),
            d.rows(),
            d.columns(),
            a.type(),
            d.type(),
            a.alignment(),
            b.alignment(),
            Math.min(summand.alignment(), d.alignment()));
    Plan plan = plans.computeIfAbsent(shape, this::plan);
    session.writing();
    check(
        cublas.cublasLtMatmul(
            handle,
            plan.product(),
            one,
            new At(a.address()),
            plan.a(),
            new At(b.address()),
            plan.b(),
            c == null ? zero : one,
            new At(summand.address()),
            plan.d(),
            new At(d.address()),
            plan.d(),
            plan.algorithm(),
            new At(workspace().address()),
            WORKSPACE_BYTES,
            session.stream()),
        "cublasLtMatmul");
  }

  private CudaTensor workspace() {
    return session.scratch(
        "cuBLASLt", 1, WORKSPACE_BYTES / ElementType.F32.bytes(), ElementType.F32);
  }

  /** An address on the card. */
  private static final class At extends Pointer {
    At(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }

  private Plan plan(Shape shape) {
    cublasLtMatmulDescOpaque_t product =
        created(
            "cublasLtMatmulDescCreate",
            at -> cublas.cublasLtMatmulDescCreate(at, computeType(), cudart.CUDA_R_32F),
            cublasLtMatmulDescOpaque_t::new);
    set(product, cublas.CUBLASLT_MATMUL_DESC_TRANSA, shape.operationA().code);
    set(product, cublas.CUBLASLT_MATMUL_DESC_TRANSB, shape.operationB().code);
    cublasLtMatrixLayoutOpaque_t a = layout(shape.operands(), shape.rowsA(), shape.columnsA());
    cublasLtMatrixLayoutOpaque_t b = layout(shape.operands(), shape.rowsB(), shape.columnsB());
    cublasLtMatrixLayoutOpaque_t d = layout(shape.result(), shape.rows(), shape.columns());
    cublasLtMatmulHeuristicResult_t found = new cublasLtMatmulHeuristicResult_t();
    cublasLtMatmulPreferenceOpaque_t preference = preference(shape);
    try (IntPointer count = new IntPointer(1)) {
      check(
          cublas.cublasLtMatmulAlgoGetHeuristic(
              handle, product, a, b, d, d, preference, 1, found, count),
          "cublasLtMatmulAlgoGetHeuristic");
      if (count.get() == 0) {
        throw new IllegalStateException("cuBLASLt has no algorithm for " + shape);
      }
    } finally {
      check(cublas.cublasLtMatmulPreferenceDestroy(preference), "cublasLtMatmulPreferenceDestroy");
    }
    return new Plan(product, a, b, d, found, found.algo());
  }

  private int computeType() {
    return session.dtype() == Dtype.TF32
        ? cublas.CUBLAS_COMPUTE_32F_FAST_TF32
        : cublas.CUBLAS_COMPUTE_32F;
  }

  private void set(cublasLtMatmulDescOpaque_t product, int attribute, int value) {
    try (IntPointer at = new IntPointer(1).put(value)) {
      check(
          cublas.cublasLtMatmulDescSetAttribute(product, attribute, at, Integer.BYTES),
          "cublasLtMatmulDescSetAttribute");
    }
  }

  private cublasLtMatrixLayoutOpaque_t layout(ElementType type, long rows, long columns) {
    int code = type == ElementType.F32 ? cudart.CUDA_R_32F : cudart.CUDA_R_16BF;
    return created(
        "cublasLtMatrixLayoutCreate",
        at -> cublas.cublasLtMatrixLayoutCreate(at, code, rows, columns, rows),
        cublasLtMatrixLayoutOpaque_t::new);
  }

  /** What the library makes on its own heap, whose size differs between its versions. */
  private static <T> T created(
      String call, ToIntFunction<PointerPointer<Pointer>> create, Function<Pointer, T> wrap) {
    try (PointerPointer<Pointer> at = new PointerPointer<>(1)) {
      check(create.applyAsInt(at), call);
      return wrap.apply(at.get());
    }
  }

  private cublasLtMatmulPreferenceOpaque_t preference(Shape shape) {
    cublasLtMatmulPreferenceOpaque_t preference =
        created(
            "cublasLtMatmulPreferenceCreate",
            cublas::cublasLtMatmulPreferenceCreate,
            cublasLtMatmulPreferenceOpaque_t::new);
    try (LongPointer bytes = new LongPointer(1).put(WORKSPACE_BYTES)) {
      prefer(preference, cublas.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes, Long.BYTES);
    }
    prefer(
        preference,
        cublas.CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
        cublas.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE);
    prefer(preference, cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, shape.alignmentA());
    prefer(preference, cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, shape.alignmentB());
    prefer(preference, cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, shape.alignment());
    prefer(preference, cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, shape.alignment());
    return preference;
  }

  private void prefer(cublasLtMatmulPreferenceOpaque_t preference, int attribute, int value) {
    try (IntPointer at = new IntPointer(1).put(value)) {
      prefer(preference, attribute, at, Integer.BYTES);
    }
  }

  private void prefer(
      cublasLtMatmulPreferenceOpaque_t preference, int attribute, Pointer value, long bytes) {
    check(
        cublas.cublasLtMatmulPreferenceSetAttribute(preference, attribute, value, bytes),
        "cublasLtMatmulPreferenceSetAttribute");
  }

  private static void check(int status, String call) {
    if (status != cublas.CUBLAS_STATUS_SUCCESS) {
      throw new IllegalStateException(
          call + " failed: " + cublas.cublasLtGetStatusString(status).getString());
    }
  }

  @Override
  public void close() {
    for (Plan plan : plans.values()) {
      check(cublas.cublasLtMatmulDescDestroy(plan.product()), "cublasLtMatmulDescDestroy");
      for (cublasLtMatrixLayoutOpaque_t layout : List.of(plan.a(), plan.b(), plan.d())) {
        check(cublas.cublasLtMatrixLayoutDestroy(layout), "cublasLtMatrixLayoutDestroy");
      }
      plan.found().close();
    }
    one.close();
    zero.close();
    check(cublas.cublasLtDestroy(handle), "cublasLtDestroy");
  }
}
