package io.polyspark.model.tensor.cuda;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiles the sources of kernels for an architecture with NVRTC, or takes what was compiled of the
 * same sources before from the disk.
 */
final class KernelCompiler {
  private static final Logger LOG = LoggerFactory.getLogger(KernelCompiler.class);

  /** Each includes those before it. */
  private static final List<String> HEADERS =
      List.of("common.cuh", "instructions.cuh", "tiles.cuh");

  /** Contracts a multiplication and an addition, which is NVRTC's own choice too. */
  private static final List<String> OPTIONS = List.of("--std=c++17", "--fmad=true");

  private final Architecture architecture;
  private final CodeCache cache;

  KernelCompiler(Architecture architecture, CodeCache cache) {
    this.architecture = architecture;
    this.cache = cache;
  }

  /** For a card of a compute capability. */
  static KernelCompiler forCapability(int major, int minor) {
    return new KernelCompiler(
        Architecture.of(major, minor, supportedArchitectures()), CodeCache.ofUser());
  }

  /** What the installed NVRTC compiles for, such as 80 or 90, ascending. */
  static int[] supportedArchitectures() {
    int[] count = new int[1];
    check(nvrtc.nvrtcGetNumSupportedArchs(count), "nvrtcGetNumSupportedArchs");
    int[] architectures = new int[count[0]];
    check(nvrtc.nvrtcGetSupportedArchs(architectures), "nvrtcGetSupportedArchs");
    Arrays.sort(architectures);
    return architectures;
  }

  /**
   * The machine code of a module, or PTX where the card is newer than the compiler.
   *
   * @param module a resource beside this class, without its ending
   * @throws UserError if it does not compile, with the compiler's own words
   */
  byte[] compile(String module) {
    return cache.find(name(module)).orElseGet(() -> compileAnew(module));
  }

  /** As the other, whatever lies on the disk. */
  byte[] compileAnew(String module) {
    LOG.info("Compiling the kernels of {} for {}", module, architecture.name());
    byte[] code = compile(module + ".cu", resource(module + ".cu"));
    cache.keep(name(module), code);
    return code;
  }

  private String name(String module) {
    Stream<String> settings =
        Stream.of(architecture.option(), version(), String.join(" ", OPTIONS));
    Stream<String> sources =
        Stream.concat(HEADERS.stream(), Stream.of(module + ".cu")).map(KernelCompiler::resource);
    String key = CodeCache.key(Stream.concat(settings, sources).toArray(String[]::new));
    return module + "-" + architecture.name() + "-" + key;
  }

  private byte[] compile(String name, String source) {
    String[] headers = HEADERS.stream().map(KernelCompiler::resource).toArray(String[]::new);
    _nvrtcProgram program = new _nvrtcProgram();
    try (BytePointer text = new BytePointer(source, StandardCharsets.UTF_8);
        BytePointer file = new BytePointer(name, StandardCharsets.UTF_8);
        PointerPointer<BytePointer> texts = new PointerPointer<>(headers);
        PointerPointer<BytePointer> names = new PointerPointer<>(HEADERS.toArray(String[]::new))) {
      check(
          nvrtc.nvrtcCreateProgram(program, text, file, headers.length, texts, names),
          "nvrtcCreateProgram");
      int result = nvrtc.nvrtcCompileProgram(program, options().length, pointers());
      if (result != nvrtc.NVRTC_SUCCESS) {
        throw UserError.of(
            "The kernels of %s do not compile for %s with the installed NVRTC %s: install NVRTC of"
                + " CUDA 13, with the directory of its libnvrtc-builtins in LD_LIBRARY_PATH, or"
                + " report its words: %s",
            name, architecture.name(), version(), log(program).strip());
      }
      return code(program);
    } finally {
      nvrtc.nvrtcDestroyProgram(program);
    }
  }

  private String[] options() {
    String[] options = OPTIONS.toArray(new String[OPTIONS.size() + 1]);
    options[OPTIONS.size()] = architecture.option();
    return options;
  }

  private PointerPointer<BytePointer> pointers() {
    return new PointerPointer<>(options());
  }

  private byte[] code(_nvrtcProgram program) {
    try (SizeTPointer size = new SizeTPointer(1)) {
      boolean machineCode = architecture.isMachineCode();
      check(
          machineCode
              ? nvrtc.nvrtcGetCUBINSize(program, size)
              : nvrtc.nvrtcGetPTXSize(program, size),
          "the size of the code");
      byte[] code = new byte[Math.toIntExact(size.get())];
      check(
          machineCode ? nvrtc.nvrtcGetCUBIN(program, code) : nvrtc.nvrtcGetPTX(program, code),
          "the code");
      return code;
    }
  }

  private static String log(_nvrtcProgram program) {
    try (SizeTPointer size = new SizeTPointer(1)) {
      check(nvrtc.nvrtcGetProgramLogSize(program, size), "nvrtcGetProgramLogSize");
      byte[] log = new byte[Math.toIntExact(size.get())];
      check(nvrtc.nvrtcGetProgramLog(program, log), "nvrtcGetProgramLog");
      return new String(log, 0, Math.max(0, log.length - 1), StandardCharsets.UTF_8);
    }
  }

  /** Of the installed NVRTC. */
  static String version() {
    int[] major = new int[1];
    int[] minor = new int[1];
    check(nvrtc.nvrtcVersion(major, minor), "nvrtcVersion");
    return major[0] + "." + minor[0];
  }

  private static void check(int result, String call) {
    if (result != nvrtc.NVRTC_SUCCESS) {
      throw new IllegalStateException(
          call + " failed: " + nvrtc.nvrtcGetErrorString(result).getString());
    }
  }

  private static String resource(String name) {
    try (InputStream in = KernelCompiler.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("The kernels' sources cannot be read", e);
    }
  }
}
