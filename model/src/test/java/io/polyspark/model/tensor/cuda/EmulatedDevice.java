package io.polyspark.model.tensor.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.cuda.global.cudart;

/**
 * A CUDA device made of the CPU, for tests on machines without a card: shared libraries that stand
 * in for NVIDIA's driver, NVRTC and cublasLt, so that the same bindings, host code and kernel
 * sources run and can be held against numbers. The libraries are built by g++ from {@code
 * src/test/emulator} once, into {@code target/emulator}.
 *
 * <p>The emulator is strict where a card is lenient: memory is handed out full of NaNs; barriers
 * and warp operations that not all threads reach, and writes behind an allocation or behind shared
 * memory, fail the launch, whose {@code cuGetErrorString} says what was wrong; asynchronous copies
 * happen no earlier than they are waited for; calls that synchronise are refused while a stream is
 * captured.
 *
 * <p>Work runs on the calling thread when it is submitted, one launch of the process at a time. A
 * failed launch leaves the context usable, unlike on a card.
 *
 * <p>Environment variables, for processes that tests start with {@link #directory} in their {@code
 * LD_LIBRARY_PATH}:
 *
 * <ul>
 *   <li>{@code EMULATED_CUDA_MEMORY}: the device's memory in bytes, 8 GiB unless given
 *   <li>{@code EMULATED_CUDA_CAPABILITY}: its compute capability, 9.0 unless given
 *   <li>{@code EMULATED_CUDA_DRIVER}: the driver's CUDA version, 13000 unless given
 *   <li>{@code EMULATED_CUDA_SCHEDULE}: forward, reverse or shuffle, as {@link Schedule}
 *   <li>{@code EMULATED_CUDA_LOST_AFTER}: after how many launches the device is lost, until its
 *       context is reset
 *   <li>{@code EMULATED_CUDA_LOST_FILE}: a file whose existence means that it is lost
 * </ul>
 */
public final class EmulatedDevice {
  /**
   * The order in which the blocks of a grid and the threads of a block run, as far as barriers
   * leave it open.
   */
  public enum Schedule {
    FORWARD(0),
    REVERSE(1),
    /** The same shuffled order in every launch. */
    SHUFFLE(2);

    private final int number;

    Schedule(int number) {
      this.number = number;
    }
  }

  /** In the order of their loading: later ones need earlier ones. */
  private static final List<String> LIBRARIES =
      List.of(
          "libcuda.so.1",
          "libcudart.so.13",
          "libnvrtc.so.13",
          "libcublasLt.so.13",
          "libcublas.so.13");

  /** Limits of {@code cuCtxSetLimit} that only the emulated driver knows. */
  private static final int LIMIT_SCHEDULE = 0x454D0001;

  private static final int LIMIT_LOSE_AFTER = 0x454D0002;

  private static boolean loaded;

  private EmulatedDevice() {}

  /**
   * Makes the emulated libraries those of this JVM, before any class of the bindings is used. Skips
   * the calling test where there is no g++.
   */
  public static synchronized void load() {
    assumeTrue(compilerRuns(), "the emulated CUDA device needs g++ on the PATH");
    if (loaded) {
      return;
    }
    Path directory = directory();
    for (String library : LIBRARIES) {
      System.load(directory.resolve(library).toString());
    }
    loaded = true;
  }

  /**
   * The absolute directory of the libraries and of an {@code nvidia-smi} that lists the emulated
   * device; built on the first call.
   *
   * @throws IllegalStateException if they cannot be built, with what g++ said
   */
  public static synchronized Path directory() {
    Path module = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    Path sources = module.resolve("src/test/emulator");
    if (!Files.isDirectory(sources)) {
      module = module.resolveSibling("model");
      sources = module.resolve("src/test/emulator");
    }
    Path directory = module.resolve("target/emulator");
    try {
      Files.createDirectories(directory);
      try (FileChannel channel =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        // Against other JVMs' tests; released with the channel.
        channel.lock();
        buildIfStale(sources, directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return directory;
  }

  /** Sets the order of all launches from now on. */
  public static void schedule(Schedule schedule) {
    setLimit(LIMIT_SCHEDULE, schedule.number);
  }

  /**
   * Makes every call after so many more launches, of kernels or of graphs, fail as on a card that
   * is lost.
   */
  public static void loseAfter(long launches) {
    if (launches < 0) {
      throw new IllegalArgumentException("launches must not be negative: " + launches);
    }
    setLimit(LIMIT_LOSE_AFTER, launches);
  }

  /** Ends what {@link #loseAfter} began. */
  public static void recover() {
    setLimit(LIMIT_LOSE_AFTER, -1);
  }

  private static void setLimit(int limit, long value) {
    int result = cudart.cuCtxSetLimit(limit, value);
    if (result != cudart.CUDA_SUCCESS) {
      throw new IllegalStateException(
          "This is not the emulated driver: cuCtxSetLimit gave " + result);
    }
  }

  /** Whether there is a compiler to build it with. */
  public static boolean compilerRuns() {
    try {
      return run(List.of("g++", "--version")).status() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static void buildIfStale(Path sources, Path directory) throws IOException {
    // Written after a build that succeeded, and dated like its newest source.
    Path built = directory.resolve("built");
    if (Files.exists(built) && Files.getLastModifiedTime(built).compareTo(newest(sources)) >= 0) {
      return;
    }
    FileTime start = newest(sources);
    Output output =
        run(List.of("sh", sources.resolve("build.sh").toString(), directory.toString()));
    if (output.status() != 0) {
      throw new IllegalStateException("Cannot build the emulated CUDA device: " + output.text());
    }
    Files.writeString(built, "");
    Files.setLastModifiedTime(built, start);
  }

  private static FileTime newest(Path sources) throws IOException {
    try (Stream<Path> files = Files.list(sources)) {
      FileTime newest = Files.getLastModifiedTime(sources);
      for (Path file : files.toList()) {
        FileTime modified = Files.getLastModifiedTime(file);
        newest = modified.compareTo(newest) > 0 ? modified : newest;
      }
      return newest;
    }
  }

  private record Output(int status, String text) {}

  private static Output run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (InputStream stream = process.getInputStream()) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return new Output(process.waitFor(), text);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroy();
      throw new IOException("interrupted", e);
    }
  }
}
