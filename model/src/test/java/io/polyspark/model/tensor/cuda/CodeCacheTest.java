package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.Dtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiled kernels on the disk. */
class CodeCacheTest {
  @TempDir private Path directory;

  @Test
  void keepsWhatWasCompiled() throws IOException {
    CodeCache cache = new CodeCache(directory.resolve("not/yet/there"));
    assertThat(cache.find("norm-sm_90a-1")).isEmpty();
    cache.keep("norm-sm_90a-1", new byte[] {1, 2, 3});
    assertThat(cache.find("norm-sm_90a-1")).hasValue(new byte[] {1, 2, 3});
    try (Stream<Path> files = Files.list(directory.resolve("not/yet/there"))) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void goesOnWhereNothingCanBeKept() throws IOException {
    Path file = Files.createFile(directory.resolve("a file"));
    CodeCache cache = new CodeCache(file);
    cache.keep("norm", new byte[] {1});
    assertThat(cache.find("norm")).isEmpty();
  }

  @Test
  void tellsContentsApart() {
    assertThat(CodeCache.key("a", "bc"))
        .hasSize(32)
        .isEqualTo(CodeCache.key("a", "bc"))
        .isNotEqualTo(CodeCache.key("ab", "c"))
        .isNotEqualTo(CodeCache.key("a", "bd"));
  }

  /** A damaged file costs a compilation, not the run. */
  @Test
  void compilesAnewWhatTheDriverRefuses() throws IOException {
    CardUnderTest.require();
    KernelCompiler compiler =
        new KernelCompiler(new Architecture("sm_90a", true), new CodeCache(directory));
    byte[] code = compiler.compile("rotary");
    Path file;
    try (Stream<Path> files = Files.list(directory)) {
      file = files.findFirst().orElseThrow();
    }
    Files.write(file, new byte[] {1, 2, 3});
    try (CudaSession session = new CudaSession(0, Dtype.FLOAT32)) {
      session.card();
      assertThat(new KernelLibrary(compiler).function("rotary", "rotary_f32", 0)).isNotNull();
    }
    assertThat(Files.size(file)).isEqualTo(code.length);
  }
}
