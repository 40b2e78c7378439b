package io.polyspark.model.device;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much of a card is used now, as the driver's tool says.
 *
 * @param memoryUsed bytes that all processes have taken; null where it does not say
 * @param memoryTotal bytes; null where it does not say
 * @param utilization percent of the last moments in which it computed; null where it does not say
 */
public record CardUse(Long memoryUsed, Long memoryTotal, Integer utilization) {
  private static final String FIELDS = "uuid,memory.used,memory.total,utilization.gpu";
  private static final Pattern LINE = Pattern.compile("(?m)^(\\S+), (.+), (.+), (.+)$");

  /**
   * Asks; takes as long as the tool does, which may be seconds.
   *
   * @param index the card's, as {@code nvidia-smi} counts
   * @return nothing where the tool does not show the card
   */
  public static Optional<CardUse> ask(int index) {
    return NvidiaSmi.ask().cards().stream()
        .filter(card -> card.index() == index)
        .findFirst()
        .flatMap(card -> read(NvidiaSmi.query(FIELDS).orElse(""), card.uuid()));
  }

  /** Finds a card among the lines of a listing. */
  static Optional<CardUse> read(String listing, String uuid) {
    Matcher line = LINE.matcher(listing);
    while (line.find()) {
      if (line.group(1).equals(uuid)) {
        Optional<Long> percent = number(line.group(4));
        return Optional.of(
            new CardUse(
                bytes(line.group(2)),
                bytes(line.group(3)),
                percent.map(Math::toIntExact).orElse(null)));
      }
    }
    return Optional.empty();
  }

  private static Long bytes(String mebibytes) {
    return number(mebibytes).map(number -> number << 20).orElse(null);
  }

  /** Nothing where it says {@code [N/A]}. */
  private static Optional<Long> number(String text) {
    return text.strip().matches("\\d{1,9}")
        ? Optional.of(Long.parseLong(text.strip()))
        : Optional.empty();
  }
}
