package io.polyspark.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An amount of text on the command line: {@code 500000}, {@code 500k}, {@code 4MB}, {@code 1g}. */
final class Size implements ITypeConverter<Long> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,15})([kmgt]?)b?");

  @Override
  public Long convert(String value) {
    Matcher matcher = FORM.matcher(value.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "'" + value + "' is no size; give bytes, or a number with k, M, G or T");
    }
    long scale =
        switch (matcher.group(2)) {
          case "k" -> 1_000L;
          case "m" -> 1_000_000L;
          case "g" -> 1_000_000_000L;
          case "t" -> 1_000_000_000_000L;
          default -> 1L;
        };
    return Math.multiplyExact(Long.parseLong(matcher.group(1)), scale);
  }
}
