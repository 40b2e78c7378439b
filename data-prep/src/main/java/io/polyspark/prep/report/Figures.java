package io.polyspark.prep.report;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Numbers as people read them. */
public final class Figures {
  private static final String[] DECIMAL = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'UTC'", Locale.ROOT);

  private Figures() {}

  /** 1,234,567. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A count and what it counts: 1 document, 2 documents. */
  public static String count(long count, String noun) {
    return count(count) + " " + noun + (count == 1 ? "" : "s");
  }

  /** 3.1 GB, by powers of ten. */
  public static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 999.95 && unit < DECIMAL.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, DECIMAL[unit]);
  }

  /** A power of two: 64 B, 2 KiB. */
  static String binary(long bytes) {
    int unit = bytes == 0 ? 0 : (Long.SIZE - 1 - Long.numberOfLeadingZeros(bytes)) / 10;
    return (bytes >> (10 * unit)) + " " + BINARY[unit];
  }

  /** 37.2 %; what is not all is never 100.0 %, and what is not nothing is never 0.0 %. */
  public static String share(long part, long whole) {
    if (whole == 0) {
      return "–";
    }
    double percent = 100.0 * part / whole;
    if (percent > 0 && percent < 0.05) {
      return "< 0.1 %";
    }
    return percent < 100 && percent >= 99.95
        ? "> 99.9 %"
        : String.format(Locale.ROOT, "%.1f %%", percent);
  }

  /** A part of a whole as the width of a bar, 0 to 100; something is never quite invisible. */
  public static String width(long part, long whole) {
    double percent = whole == 0 ? 0 : 100.0 * part / whole;
    return String.format(Locale.ROOT, "%.2f", part > 0 ? Math.max(0.3, percent) : 0);
  }

  /** 0.5, 1, 2.25. */
  public static String number(double number) {
    String text = String.format(Locale.ROOT, "%.2f", number);
    return text.replaceFirst("\\.?0+$", "");
  }

  /** 2 h 3 min, 3 min 4 s, 4.5 s. */
  public static String duration(Duration duration) {
    if (duration.toMinutes() < 1) {
      return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
    }
    return duration.toHours() < 1
        ? duration.toMinutes() + " min " + duration.toSecondsPart() + " s"
        : duration.toHours() + " h " + duration.toMinutesPart() + " min";
  }

  /** In Greenwich, to the second. */
  public static String time(Instant instant) {
    return TIME.format(instant.truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC));
  }
}
