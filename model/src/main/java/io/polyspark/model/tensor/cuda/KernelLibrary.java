package io.polyspark.model.tensor.cuda;

import io.polyspark.model.device.CudaCodes;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;

/** The kernels in one card's context, each source compiled and loaded when first asked for. */
final class KernelLibrary {
  /** What a block may have of shared memory before a kernel says that it takes more. */
  private static final int ORDINARY_SHARED_BYTES = 48 << 10;

  private final KernelCompiler compiler;
  private final Map<String, CUmod_st> modules = new HashMap<>();
  private final Map<String, Function> functions = new HashMap<>();

  KernelLibrary(KernelCompiler compiler) {
    this.compiler = compiler;
  }

  /** A kernel, and what it may take of shared memory. */
  private static final class Function {
    private final CUfunc_st handle;
    private int sharedBytes = ORDINARY_SHARED_BYTES;

    Function(CUfunc_st handle) {
      this.handle = handle;
    }
  }

  /**
   * A kernel that may take so much dynamic shared memory.
   *
   * @param module the file of its source, without its ending
   */
  synchronized CUfunc_st function(String module, String name, int sharedBytes) {
    Function function = functions.computeIfAbsent(module + "." + name, key -> find(module, name));
    if (sharedBytes > function.sharedBytes) {
      Driver.check(
          cudart.cuFuncSetAttribute(
              function.handle, cudart.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes),
          "cuFuncSetAttribute of " + name);
      function.sharedBytes = sharedBytes;
    }
    return function.handle;
  }

  private Function find(String module, String name) {
    CUfunc_st function = new CUfunc_st();
    Driver.check(
        cudart.cuModuleGetFunction(function, modules.computeIfAbsent(module, this::load), name),
        "cuModuleGetFunction of " + name);
    return new Function(function);
  }

  private CUmod_st load(String module) {
    CUmod_st loaded = new CUmod_st();
    int result = load(compiler.compile(module), loaded);
    if (result == CudaCodes.INVALID_IMAGE || result == CudaCodes.NO_BINARY_FOR_GPU) {
      // A file of the cache that is damaged, or not what its name says.
      result = load(compiler.compileAnew(module), loaded);
    }
    Driver.check(result, "cuModuleLoadData of " + module);
    return loaded;
  }

  private static int load(byte[] code, CUmod_st into) {
    try (BytePointer image = new BytePointer(code)) {
      return cudart.cuModuleLoadData(into, image);
    }
  }
}
