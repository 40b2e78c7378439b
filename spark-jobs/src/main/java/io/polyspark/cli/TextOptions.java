package io.polyspark.cli;

import io.polyspark.prep.DocumentSeparator;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How a verb that reads text reads it. */
final class TextOptions {
  /** What an option {@code --input} takes. */
  static final String INPUT =
      "Text files, JSON lines with a 'text' field (.jsonl), Parquet (.parquet), WARC and WET, also"
          + " .gz, .bz2 and .zst, directories and globs, on any Hadoop file system.";

  @Option(
      names = "--document-separator",
      defaultValue = "file",
      paramLabel = "file|blank-line",
      converter = SeparatorName.class,
      description = "What ends a document of a text file (default: ${DEFAULT-VALUE}).")
  private DocumentSeparator separator;

  @Option(
      names = "--max-rejected",
      defaultValue = "0",
      paramLabel = "N",
      description =
          "Damaged documents (invalid UTF-8, no 'text') to leave out before giving up (default:"
              + " ${DEFAULT-VALUE}).")
  private long maxRejected;

  DocumentSeparator separator() {
    return separator;
  }

  long maxRejected() {
    return maxRejected;
  }

  /** The constant that an option's value names, in lower case and with dashes. */
  static <E extends Enum<E>> E named(Class<E> type, String value) {
    for (E constant : type.getEnumConstants()) {
      if (constant.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(value)) {
        return constant;
      }
    }
    throw new TypeConversionException("'" + value + "' is not one of the values");
  }

  /** Reads {@code file} and {@code blank-line}. */
  static final class SeparatorName implements ITypeConverter<DocumentSeparator> {
    @Override
    public DocumentSeparator convert(String value) {
      return named(DocumentSeparator.class, value);
    }
  }
}
