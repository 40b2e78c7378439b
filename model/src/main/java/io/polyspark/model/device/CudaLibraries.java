package io.polyspark.model.device;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The libraries of CUDA 11 that ND4J's CUDA back end is linked with and does not bring: they come
 * with the CUDA toolkit. Looked for where the dynamic loader looks, without loading them.
 */
public final class CudaLibraries {
  private static final List<String> NEEDED = List.of("libcublas.so.11", "libcusolver.so.11");

  /** Where the loader's cache is printed; not on the path of users other than root everywhere. */
  private static final List<String> CACHE = List.of("/sbin/ldconfig", "-p");

  private static final Path TOOLKIT = Path.of("/usr/local/cuda/lib64");

  private CudaLibraries() {}

  /** The sentence that names what is missing on this machine; empty where all are there. */
  public static Optional<String> problem() {
    String path = System.getenv().getOrDefault("LD_LIBRARY_PATH", "");
    List<Path> directories =
        Stream.concat(
                Stream.of(path.split(File.pathSeparator)).filter(part -> !part.isEmpty()),
                Stream.of(TOOLKIT.toString()))
            .map(Path::of)
            .toList();
    return problem(directories, loadersCache());
  }

  static Optional<String> problem(List<Path> directories, String cache) {
    Predicate<String> isThere =
        name ->
            cache.contains(name)
                || directories.stream().anyMatch(at -> Files.exists(at.resolve(name)));
    List<String> missing = NEEDED.stream().filter(isThere.negate()).toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            String.join(" and ", missing)
                + " of CUDA 11, which ND4J's CUDA back end is linked with, cannot be found: install"
                + " the libraries of CUDA 11.6 and put their directory into LD_LIBRARY_PATH.");
  }

  private static String loadersCache() {
    try {
      Process process =
          new ProcessBuilder(CACHE).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      // A system without glibc's loader.
      return "";
    }
  }
}
