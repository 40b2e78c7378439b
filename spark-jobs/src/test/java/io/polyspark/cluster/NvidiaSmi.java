package io.polyspark.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** A program of NVIDIA's name, for machines without a GPU. */
final class NvidiaSmi {
  private NvidiaSmi() {}

  /** An environment whose first {@code nvidia-smi} lists such GPUs. */
  static Map<String, String> listing(Path directory, String... indices) throws IOException {
    return running(directory, "printf '%s\\n' " + String.join(" ", indices));
  }

  /** An environment whose first {@code nvidia-smi} is such a script. */
  static Map<String, String> running(Path directory, String script) throws IOException {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path program = Files.writeString(bin.resolve("nvidia-smi"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return Map.of("PATH", bin + ":" + System.getenv("PATH"));
  }
}
