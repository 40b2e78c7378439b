package io.polyspark.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A GPU of NVIDIA's.
 *
 * @param name the maker's
 * @param capability its compute capability
 */
record GraphicsCard(String name, Capability capability) {
  /** A compute capability, such as 8.6: a card runs code of its major version, up to its minor. */
  record Capability(int major, int minor) {
    boolean runs(Capability code) {
      return major == code.major && minor >= code.minor;
    }

    @Override
    public String toString() {
      return major + "." + minor;
    }
  }

  /**
   * What ND4J's CUDA artifacts (nd4j-cuda-11.4 and 11.6, 1.0.0-M2.1) hold machine code for, as read
   * off their fat binaries. They hold no PTX, which a driver could compile for newer cards.
   */
  static final List<Capability> ND4J_CODE =
      List.of(
          new Capability(3, 7),
          new Capability(5, 0),
          new Capability(5, 2),
          new Capability(6, 0),
          new Capability(6, 1),
          new Capability(7, 0),
          new Capability(7, 5),
          new Capability(8, 0),
          new Capability(8, 6));

  /** A driver in trouble may never answer. */
  private static final int PATIENCE_SECONDS = 10;

  private static final Pattern LINE = Pattern.compile("(?m)^(.+), (\\d+)\\.(\\d+)$");

  /** The cards of this machine; none where the driver's {@code nvidia-smi} does not show them. */
  static List<GraphicsCard> here() {
    try {
      Process process =
          new ProcessBuilder("nvidia-smi", "--query-gpu=name,compute_cap", "--format=csv,noheader")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return List.of();
      }
      return parse(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      // There is no such program, hence no driver.
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  /** Reads what {@code nvidia-smi} prints, a card per line; passes over what is no card. */
  static List<GraphicsCard> parse(String listing) {
    return LINE.matcher(listing).results().map(GraphicsCard::of).toList();
  }

  private static GraphicsCard of(MatchResult line) {
    return new GraphicsCard(
        line.group(1),
        new Capability(Integer.parseInt(line.group(2)), Integer.parseInt(line.group(3))));
  }

  /** Whether ND4J's CUDA artifacts hold code that it runs. */
  boolean runsNd4j() {
    return ND4J_CODE.stream().anyMatch(capability::runs);
  }
}
