package io.polyspark.model.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What the NVIDIA driver's own tool says of the GPUs of a machine, asked without loading anything
 * of CUDA's.
 *
 * @param cards those that it shows
 * @param trouble why it shows none, as part of a sentence; empty where it shows some
 */
public record NvidiaSmi(List<GraphicsCard> cards, Optional<String> trouble) {
  private static final String PROGRAM = "nvidia-smi";

  /** A driver in trouble may never answer. */
  private static final int PATIENCE_SECONDS = 10;

  /** The name comes last, since it may hold anything. */
  private static final List<String> FIELDS =
      List.of("index", "uuid", "driver_version", "memory.total", "compute_cap", "name");

  private static final Pattern LINE =
      Pattern.compile("(?m)^(\\d+), (\\S+), (\\S+), (\\d+|\\[[^]]*]), (\\d+)\\.(\\d+), (.+)$");

  /** Asks for the cards of this machine, or of this container. */
  public static NvidiaSmi ask() {
    try {
      Process process = start(String.join(",", FIELDS));
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return none(PROGRAM + " does not answer within " + PATIENCE_SECONDS + " seconds");
      }
      return read(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return none("there is no " + PROGRAM + ", hence no driver");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return none(PROGRAM + " was interrupted");
    }
  }

  private static Process start(String fields) throws IOException {
    return new ProcessBuilder(PROGRAM, "--query-gpu=" + fields, "--format=csv,noheader,nounits")
        .redirectErrorStream(true)
        .start();
  }

  /**
   * Asks for other fields of all cards.
   *
   * @return a line for each; nothing where the tool does not answer
   */
  static Optional<String> query(String fields) {
    try {
      Process process = start(fields);
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.empty();
      }
      return Optional.of(
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /**
   * Only some of the cards.
   *
   * @param addresses their indices; empty for all
   */
  public NvidiaSmi only(List<String> addresses) {
    if (addresses.isEmpty() || cards.isEmpty()) {
      return this;
    }
    List<GraphicsCard> given =
        cards.stream().filter(card -> addresses.contains(Integer.toString(card.index()))).toList();
    return given.isEmpty()
        ? none(PROGRAM + " does not show GPU " + String.join(", ", addresses))
        : new NvidiaSmi(given, Optional.empty());
  }

  /** Only those that {@code CUDA_VISIBLE_DEVICES} shows to this process, where it is set. */
  public NvidiaSmi visible() {
    return visible(System.getenv("CUDA_VISIBLE_DEVICES"));
  }

  NvidiaSmi visible(String variable) {
    if (variable == null || cards.isEmpty()) {
      return this;
    }
    List<String> seen =
        Arrays.stream(variable.split(","))
            .map(String::strip)
            .filter(part -> !part.isEmpty())
            .toList();
    List<GraphicsCard> shown =
        cards.stream()
            .filter(
                card ->
                    seen.contains(Integer.toString(card.index()))
                        || seen.stream().anyMatch(card.uuid()::startsWith))
            .toList();
    return shown.isEmpty()
        ? none("CUDA_VISIBLE_DEVICES=" + variable + " hides all GPUs")
        : new NvidiaSmi(shown, Optional.empty());
  }

  /** Reads what it prints, a card per line; passes over what is no card. */
  static NvidiaSmi read(String listing) {
    List<GraphicsCard> cards = LINE.matcher(listing).results().map(NvidiaSmi::card).toList();
    if (!cards.isEmpty()) {
      return new NvidiaSmi(cards, Optional.empty());
    }
    return listing
        .lines()
        .filter(line -> !line.isBlank())
        .findFirst()
        .map(line -> none(PROGRAM + " says: " + line.strip().replaceFirst("\\.$", "")))
        .orElseGet(() -> none(PROGRAM + " shows none"));
  }

  private static NvidiaSmi none(String trouble) {
    return new NvidiaSmi(List.of(), Optional.of(trouble));
  }

  private static GraphicsCard card(MatchResult line) {
    String mebibytes = line.group(4);
    return new GraphicsCard(
        Integer.parseInt(line.group(1)),
        line.group(2),
        line.group(3),
        mebibytes.startsWith("[")
            ? OptionalLong.empty()
            : OptionalLong.of(Long.parseLong(mebibytes) << 20),
        new GraphicsCard.Capability(
            Integer.parseInt(line.group(5)), Integer.parseInt(line.group(6))),
        line.group(7));
  }
}
