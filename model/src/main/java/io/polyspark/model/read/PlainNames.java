package io.polyspark.model.read;

import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Names that files of a directory have in a list of them, such as a manifest. A plain name stays
 * within the directory on every file system: letters, digits, dots, dashes and underscores, not
 * beginning with a dot, in parts that slashes divide.
 */
public final class PlainNames {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,254}");
  private static final int MOST_PARTS = 8;
  private static final Pattern SLASH = Pattern.compile("/");

  private PlainNames() {}

  /** Whether a name, relative to its directory, is plain. */
  public static boolean isPlain(String name) {
    String[] parts = SLASH.split(name, MOST_PARTS + 1);
    return parts.length <= MOST_PARTS
        && Arrays.stream(parts).allMatch(part -> PART.matcher(part).matches());
  }
}
