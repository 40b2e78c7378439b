package io.polyspark.model.tensor.cuda;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said where kernels do not compile. */
class KernelCompilerTest {
  @TempDir private Path directory;

  @Test
  void namesTheLineThatDoesNotCompile() {
    CardUnderTest.require();
    KernelCompiler compiler =
        new KernelCompiler(new Architecture("sm_90a", true), new CodeCache(directory));
    assertThatThrownBy(() -> compiler.compile("broken"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("The kernels of broken.cu do not compile for sm_90a with the")
        .hasMessageContaining("libnvrtc-builtins in LD_LIBRARY_PATH, or report its words:")
        // NVRTC writes broken.cu(4), g++ broken.cu:4.
        .hasMessageMatching("(?s).*broken\\.cu[(:]4\\b.*nobody_declares_this.*");
  }
}
