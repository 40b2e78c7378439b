package io.polyspark.model.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * A valid file that is damaged over and over and read each time. A reader may take what it gets for
 * a valid file, or refuse it by a sentence that names the file; it may not crash, nor allocate more
 * than a small multiple of the file.
 */
public final class DamagedFile {
  /** Reads the file, as far as what is said of it is used. */
  @FunctionalInterface
  public interface Reader {
    void read() throws IOException;
  }

  /** What an open file system, a parser's buffers and an exception take. */
  private static final long FIXED = 2 << 20;

  /** A byte of JSON becomes a node of a tree: {@code [[],[],[]]}. */
  private static final int PER_BYTE = 64;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Path file;
  private final byte[] whole;
  private final String name;
  private final Reader reader;
  private int refused;
  private boolean wasRefused;
  private long mostAllocated;

  /**
   * @param file valid
   * @param name what a sentence must name: the file, or one that it belongs to
   */
  public DamagedFile(Path file, String name, Reader reader) throws IOException {
    this.file = file;
    this.whole = Files.readAllBytes(file);
    this.name = name;
    this.reader = reader;
  }

  /** Damages and reads it so many times, and puts it back. */
  public void read(int times, UnaryOperator<byte[]> damage) throws IOException {
    reader.read();
    for (int time = 0; time < times; time++) {
      byte[] damaged = damage.apply(whole);
      Files.write(file, damaged);
      readAndMeasure(time, damaged);
    }
    Files.write(file, whole);
    reader.read();
    System.out.printf(
        "%s: %d files, %d refused, at most %,d bytes allocated%n",
        file.getFileName(), times, refused, mostAllocated);
    assertThat(refused).as("of %d damaged %s", times, name).isGreaterThan(times / 4);
  }

  /** Reads it once more where it took much, since classes are loaded at their first use. */
  private void readAndMeasure(int time, byte[] damaged) {
    long most = FIXED + (long) PER_BYTE * damaged.length;
    long allocated = readOnce(time, damaged);
    if (allocated >= most) {
      refused -= wasRefused ? 1 : 0;
      allocated = readOnce(time, damaged);
    }
    mostAllocated = Math.max(mostAllocated, allocated);
    assertThat(allocated)
        .as("bytes allocated for file %d of %s, %d bytes", time, name, damaged.length)
        .isLessThan(most);
  }

  private long readOnce(int time, byte[] damaged) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    wasRefused = false;
    try {
      reader.read();
    } catch (UserError refusal) {
      wasRefused = true;
      refused++;
      assertThat(refusal.getMessage())
          .as("file %d", time)
          .contains(name)
          .endsWith(".")
          .doesNotContain("\n", "io.polyspark", "com.fasterxml", "java.lang")
          .hasSizeLessThan(2100);
    } catch (Throwable crash) {
      fail("File %d of %s, %d bytes: %s".formatted(time, name, damaged.length, crash), crash);
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
