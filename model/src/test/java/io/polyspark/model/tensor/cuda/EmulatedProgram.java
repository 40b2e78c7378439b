package io.polyspark.model.tensor.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cublas.cublasLtMatmulDescOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulHeuristicResult_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulPreferenceOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatrixLayoutOpaque_t;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * Kernels compiled from a text and launched through the bindings alone, for tests of what lies
 * below the project's host code.
 */
@SuppressWarnings("try") // for the scopes, which own every pointer made in them
final class EmulatedProgram implements AutoCloseable {
  private final CUmod_st module = new CUmod_st();
  private final Map<String, CUfunc_st> functions = new HashMap<>();

  /**
   * Compiles and loads.
   *
   * @throws IllegalStateException with NVRTC's log
   */
  EmulatedProgram(String source, String headerName, String header, String... options) {
    makeCurrent();
    try (PointerScope scope = new PointerScope();
        BytePointer image = compile(source, headerName, header, options)) {
      check(cudart.cuModuleLoadData(module, image));
    }
  }

  CUfunc_st function(String name) {
    return functions.computeIfAbsent(
        name,
        key -> {
          CUfunc_st function = new CUfunc_st();
          check(cudart.cuModuleGetFunction(function, module, key));
          return function;
        });
  }

  /** Launches with arguments that are Long (addresses), Integer or Float. */
  void launch(
      String name, int grid, int block, int shared, CUstream_st stream, Object... arguments) {
    try (PointerScope scope = new PointerScope()) {
      PointerPointer<Pointer> parameters = new PointerPointer<>(arguments.length);
      for (int i = 0; i < arguments.length; i++) {
        parameters.put(i, boxed(arguments[i]));
      }
      check(
          cudart.cuLaunchKernel(
              function(name), grid, 1, 1, block, 1, 1, shared, stream, parameters, null));
    }
  }

  CUstream_st newStream() {
    CUstream_st stream = new CUstream_st();
    check(cudart.cuStreamCreate(stream, cudart.CU_STREAM_NON_BLOCKING));
    return stream;
  }

  /** Device memory for so many floats. */
  long allocate(long floats) {
    long[] pointer = new long[1];
    check(cudart.cuMemAlloc(pointer, floats * Float.BYTES));
    return pointer[0];
  }

  long upload(float[] values) {
    long pointer = allocate(values.length);
    try (FloatPointer host = new FloatPointer(values)) {
      check(cudart.cuMemcpyHtoD(pointer, host, (long) values.length * Float.BYTES));
    }
    return pointer;
  }

  /** Uploads the upper halves of the values. */
  long uploadBf16(float[] values) {
    long pointer = allocate((values.length + 1) / 2);
    short[] halves = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] = (short) (Float.floatToIntBits(values[i]) >> 16);
    }
    try (ShortPointer host = new ShortPointer(halves)) {
      check(cudart.cuMemcpyHtoD(pointer, host, (long) values.length * Short.BYTES));
    }
    return pointer;
  }

  float[] download(long pointer, int floats) {
    float[] values = new float[floats];
    try (FloatPointer host = new FloatPointer(floats)) {
      check(cudart.cuMemcpyDtoH(host, pointer, (long) floats * Float.BYTES));
      host.get(values);
    }
    return values;
  }

  /** Column-major d (m, n) = a (m, k) b (k, n), in float32. */
  static void multiply(CUstream_st stream, int m, int n, int k, long a, long b, long d) {
    try (PointerScope scope = new PointerScope()) {
      cublasLtContext handle = new cublasLtContext();
      checkBlas(cublas.cublasLtCreate(handle));
      cublasLtMatmulDescOpaque_t description = new cublasLtMatmulDescOpaque_t();
      checkBlas(
          cublas.cublasLtMatmulDescInit(description, cublas.CUBLAS_COMPUTE_32F, cudart.CUDA_R_32F));
      cublasLtMatrixLayoutOpaque_t layoutA = layout(m, k);
      cublasLtMatrixLayoutOpaque_t layoutB = layout(k, n);
      cublasLtMatrixLayoutOpaque_t layoutD = layout(m, n);
      cublasLtMatmulPreferenceOpaque_t preference = new cublasLtMatmulPreferenceOpaque_t();
      checkBlas(cublas.cublasLtMatmulPreferenceInit(preference));
      cublasLtMatmulHeuristicResult_t heuristic = new cublasLtMatmulHeuristicResult_t();
      IntPointer returned = new IntPointer(1);
      checkBlas(
          cublas.cublasLtMatmulAlgoGetHeuristic(
              handle,
              description,
              layoutA,
              layoutB,
              layoutD,
              layoutD,
              preference,
              1,
              heuristic,
              returned));
      checkBlas(
          cublas.cublasLtMatmul(
              handle,
              description,
              new FloatPointer(1f),
              address(a),
              layoutA,
              address(b),
              layoutB,
              new FloatPointer(0f),
              address(d),
              layoutD,
              address(d),
              layoutD,
              heuristic.algo(),
              null,
              0,
              stream));
      checkBlas(cublas.cublasLtDestroy(handle));
    }
  }

  /**
   * Throws unless a call of the driver succeeded.
   *
   * @throws IllegalStateException with the driver's text
   */
  static void check(int result) {
    if (result != cudart.CUDA_SUCCESS) {
      try (PointerPointer<BytePointer> text = new PointerPointer<>(1)) {
        cudart.cuGetErrorString(result, text);
        throw new IllegalStateException(result + ": " + text.get(BytePointer.class).getString());
      }
    }
  }

  @Override
  public void close() {
    check(cudart.cuModuleUnload(module));
  }

  private static void makeCurrent() {
    check(cudart.cuInit(0));
    CUctx_st context = new CUctx_st();
    check(cudart.cuDevicePrimaryCtxRetain(context, 0));
    check(cudart.cuCtxSetCurrent(context));
  }

  private static BytePointer compile(
      String source, String headerName, String header, String... options) {
    _nvrtcProgram program = new _nvrtcProgram();
    checkCompiler(
        nvrtc.nvrtcCreateProgram(
            program,
            new BytePointer(source, UTF_8),
            new BytePointer("test.cu", UTF_8),
            1,
            new PointerPointer<>(new String[] {header}, UTF_8),
            new PointerPointer<>(new String[] {headerName}, UTF_8)),
        "");
    int result =
        nvrtc.nvrtcCompileProgram(program, options.length, new PointerPointer<>(options, UTF_8));
    SizeTPointer bytes = new SizeTPointer(1);
    checkCompiler(nvrtc.nvrtcGetProgramLogSize(program, bytes), "");
    BytePointer log = new BytePointer(bytes.get());
    checkCompiler(nvrtc.nvrtcGetProgramLog(program, log), "");
    checkCompiler(result, log.getString(UTF_8));
    checkCompiler(nvrtc.nvrtcGetCUBINSize(program, bytes), "");
    BytePointer image = new BytePointer(bytes.get());
    checkCompiler(nvrtc.nvrtcGetCUBIN(program, image), "");
    checkCompiler(nvrtc.nvrtcDestroyProgram(program), "");
    return image;
  }

  private static void checkCompiler(int result, String log) {
    if (result != nvrtc.NVRTC_SUCCESS) {
      throw new IllegalStateException(nvrtc.nvrtcGetErrorString(result).getString() + ": " + log);
    }
  }

  private static void checkBlas(int status) {
    if (status != cublas.CUBLAS_STATUS_SUCCESS) {
      throw new IllegalStateException(cublas.cublasLtGetStatusString(status).getString());
    }
  }

  private static cublasLtMatrixLayoutOpaque_t layout(int rows, int columns) {
    cublasLtMatrixLayoutOpaque_t layout = new cublasLtMatrixLayoutOpaque_t();
    checkBlas(cublas.cublasLtMatrixLayoutInit(layout, cudart.CUDA_R_32F, rows, columns, rows));
    return layout;
  }

  private static Pointer boxed(Object argument) {
    if (argument instanceof Long value) {
      return new LongPointer(new long[] {value});
    }
    if (argument instanceof Integer value) {
      return new IntPointer(new int[] {value});
    }
    return new FloatPointer(new float[] {(Float) argument});
  }

  private static Pointer address(long value) {
    return new Pointer() {
      {
        this.address = value;
      }
    };
  }
}
