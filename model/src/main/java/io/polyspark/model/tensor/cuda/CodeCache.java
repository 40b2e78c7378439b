package io.polyspark.model.tensor.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiled kernels in a directory, by names that say what they were compiled from. Processes may
 * share it: a file appears whole. Where it cannot be written kernels are compiled at every start.
 */
final class CodeCache {
  private static final Logger LOG = LoggerFactory.getLogger(CodeCache.class);
  private static final int KEY_DIGITS = 32;

  private final Path directory;

  CodeCache(Path directory) {
    this.directory = directory;
  }

  /** The user's: {@code $XDG_CACHE_HOME/polyspark/cuda}, by default in {@code ~/.cache}. */
  static CodeCache ofUser() {
    String base = System.getenv("XDG_CACHE_HOME");
    Path cache =
        base == null || base.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(base);
    return new CodeCache(cache.resolve("polyspark").resolve("cuda"));
  }

  /** Of all that decides what comes out of the compiler. */
  static String key(String... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, KEY_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  Optional<byte[]> find(String name) {
    Path file = directory.resolve(name);
    try {
      return Files.isRegularFile(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    } catch (IOException e) {
      LOG.warn("{} cannot be read, the kernels are compiled anew", file, e);
      return Optional.empty();
    }
  }

  void keep(String name, byte[] code) {
    try {
      Files.createDirectories(directory);
      Path temporary = Files.createTempFile(directory, name, ".part");
      try {
        Files.write(temporary, code);
        Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      LOG.warn(
          "Compiled kernels cannot be kept in {}: they are compiled at every start", directory, e);
    }
  }
}
