package io.polyspark.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A disk in memory that is soon full.
 *
 * @param path where it is mounted
 */
record SmallDisk(Path path) implements AutoCloseable {
  /** Mounts it on a new directory; a test that may not do so is skipped. */
  static SmallDisk mount(Path path) throws IOException {
    Files.createDirectory(path);
    assumeThat(run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", path.toString()))
        .as("mounting a tmpfs takes root")
        .isZero();
    return new SmallDisk(path);
  }

  /** Takes all that is left of it. */
  void fill() throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(filler())) {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("No space left");
    }
  }

  /** Gives it back. */
  void free() throws IOException {
    Files.delete(filler());
  }

  private Path filler() {
    return path.resolve("filler");
  }

  private static int run(String... command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(new File("/dev/null"))
        .start()
        .onExit()
        .join()
        .exitValue();
  }

  @Override
  public void close() throws IOException {
    assertThat(run("umount", path.toString())).isZero();
    Files.delete(path);
  }
}
