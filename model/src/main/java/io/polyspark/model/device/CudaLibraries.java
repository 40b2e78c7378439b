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
 * The libraries of NVIDIA's that a jar is linked with and does not bring: they come with the CUDA
 * toolkit. Looked for where the dynamic loader looks, without loading them.
 */
public enum CudaLibraries {
  /** Those of ND4J's CUDA back end. */
  OF_ND4J("11", "11.6", "ND4J's CUDA back end is"),
  /** Those of the kernels of our own. */
  OF_OUR_KERNELS("13", "13", "PolySpark's kernels for GPUs are");

  /** Where the loader's cache is printed; not on the path of users other than root everywhere. */
  private static final List<String> CACHE = List.of("/sbin/ldconfig", "-p");

  /** Where the bindings look by themselves. */
  private static final Path TOOLKIT = Path.of("/usr/local/cuda/lib64");

  private final String major;
  private final String version;
  private final String whoIsLinked;

  CudaLibraries(String major, String version, String whoIsLinked) {
    this.major = major;
    this.version = version;
    this.whoIsLinked = whoIsLinked;
  }

  /** The major version of CUDA that they are of. */
  public String major() {
    return major;
  }

  private List<String> names() {
    return switch (this) {
      case OF_ND4J -> List.of("libcublas.so.11", "libcusolver.so.11");
      case OF_OUR_KERNELS ->
          List.of("libcudart.so.13", "libcublas.so.13", "libcublasLt.so.13", "libnvrtc.so.13");
    };
  }

  /** The sentence that names what is missing on this machine; empty where all are there. */
  public Optional<String> problem() {
    String path = System.getenv().getOrDefault("LD_LIBRARY_PATH", "");
    List<Path> directories =
        Stream.concat(
                Stream.of(path.split(File.pathSeparator)).filter(part -> !part.isEmpty()),
                Stream.of(TOOLKIT.toString()))
            .map(Path::of)
            .toList();
    return problem(directories, loadersCache());
  }

  Optional<String> problem(List<Path> directories, String cache) {
    Predicate<String> isThere =
        name ->
            cache.contains(name)
                || directories.stream().anyMatch(at -> Files.exists(at.resolve(name)));
    List<String> missing = names().stream().filter(isThere.negate()).toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            String.join(" and ", missing)
                + " of CUDA "
                + major
                + ", which "
                + whoIsLinked
                + " linked with, cannot be found: install the libraries of CUDA "
                + version
                + " and put their directory into LD_LIBRARY_PATH.");
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
