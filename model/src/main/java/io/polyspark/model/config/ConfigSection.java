package io.polyspark.model.config;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.DoublePredicate;
import java.util.stream.Collectors;

/**
 * A mapping of a configuration file, read key by key. Every complaint is a {@link UserError} that
 * names the file (or the {@code --set} that brought the value), the key, what was found and what is
 * accepted.
 */
public final class ConfigSection {
  private final Source source;
  private final String prefix;
  private final Map<String, ?> values;

  /** Where a key's value came from, for the sentence about it. */
  @FunctionalInterface
  public interface Source {
    /**
     * Names the source of a key's value.
     *
     * @param key the full key, such as {@code optimizer.lr}
     * @return the file's name, or the override as the user wrote it
     */
    String of(String key);
  }

  private ConfigSection(Source source, String prefix, Map<String, ?> values) {
    this.source = source;
    this.prefix = prefix;
    this.values = values;
  }

  /**
   * The whole file.
   *
   * @param accepted every key it may have
   */
  public static ConfigSection root(Source source, Map<String, ?> values, String... accepted) {
    return checked(new ConfigSection(source, "", values), accepted);
  }

  /**
   * The mapping under a key, empty where the key is missing.
   *
   * @param accepted every key it may have
   */
  public ConfigSection section(String key, String... accepted) {
    Object found = values.get(key);
    if (found == null) {
      return new ConfigSection(source, full(key) + ".", Map.of());
    }
    if (!(found instanceof Map<?, ?> map)) {
      throw mistake(key, "keys such as {" + accepted[0] + ": ...}", found);
    }
    Map<String, Object> nested =
        map.entrySet().stream()
            .collect(
                Collectors.toMap(
                    entry -> String.valueOf(entry.getKey()),
                    entry -> entry.getValue() == null ? "" : entry.getValue()));
    return checked(new ConfigSection(source, full(key) + ".", nested), accepted);
  }

  /**
   * The mapping under the key of something that can be left out: it is left out where the key is
   * missing or {@code off}, and has all its defaults where the key is {@code on} or has no value.
   *
   * @param accepted every key it may have
   */
  public Optional<ConfigSection> optional(String key, String... accepted) {
    Object found = values.get(key);
    if (!values.containsKey(key) || isOff(key)) {
      return Optional.empty();
    }
    if (found == null || found.equals("") || found.equals("on") || found.equals(true)) {
      return Optional.of(new ConfigSection(source, full(key) + ".", Map.of()));
    }
    return Optional.of(section(key, accepted));
  }

  /** Whether a key says {@code off}, which YAML 1.1 has for false. */
  public boolean isOff(String key) {
    Object found = values.get(key);
    return "off".equals(found) || Boolean.FALSE.equals(found);
  }

  /**
   * The mappings under a key by the names that the user gave them, in the order of the names.
   *
   * @param accepted every key that each may have
   */
  public SortedMap<String, ConfigSection> named(String key, String... accepted) {
    Object found = values.get(key);
    if (!(found instanceof Map<?, ?> map) || map.isEmpty()) {
      throw mistake(key, "names, each with keys such as {" + accepted[0] + ": ...}", found);
    }
    String[] names = map.keySet().stream().map(String::valueOf).toArray(String[]::new);
    ConfigSection all = section(key, names);
    SortedMap<String, ConfigSection> sections = new TreeMap<>();
    for (String name : names) {
      sections.put(name, all.section(name, accepted));
    }
    return sections;
  }

  /** Text that is not empty. */
  public String text(String key, String fallback) {
    Object found = values.get(key);
    if (found == null) {
      return fallback;
    }
    if (found instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw mistake(key, "text", found);
  }

  /** A list of texts that are not empty; one text alone is a list of one. */
  public List<String> texts(String key, List<String> fallback) {
    Object found = values.get(key);
    if (found == null) {
      return fallback;
    }
    List<?> list = found instanceof List<?> several ? several : List.of(found);
    for (Object item : list) {
      if (!(item instanceof String text) || text.isEmpty()) {
        throw mistake(key, "a list of texts", found);
      }
    }
    return list.stream().map(String.class::cast).toList();
  }

  /** The value of a key as it was written. */
  public Optional<Object> value(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /** A whole number from {@code least} to {@code most}. */
  public long whole(String key, long fallback, long least, long most) {
    Object found = values.get(key);
    if (found == null) {
      return fallback;
    }
    String accepted =
        most == Long.MAX_VALUE
            ? "a whole number of at least " + least
            : "a whole number from " + least + " to " + most;
    double number = parse(key, found, least == Long.MIN_VALUE ? "a whole number" : accepted);
    long whole =
        found instanceof Long || found instanceof Integer
            ? ((Number) found).longValue()
            : (long) number;
    if (whole != number || whole < least || whole > most) {
      throw mistake(key, least == Long.MIN_VALUE ? "a whole number" : accepted, found);
    }
    return whole;
  }

  /** A whole number from {@code least} that fits an int. */
  public int count(String key, long fallback, int least) {
    return Math.toIntExact(whole(key, fallback, least, Integer.MAX_VALUE));
  }

  /**
   * A finite number.
   *
   * @param accepts what it must satisfy
   * @param accepted the same in words, such as "a number above 0"
   */
  public double number(String key, double fallback, DoublePredicate accepts, String accepted) {
    Object found = values.get(key);
    if (found == null) {
      return fallback;
    }
    double number = parse(key, found, accepted);
    if (!Double.isFinite(number) || !accepts.test(number)) {
      throw mistake(key, accepted, found);
    }
    return number;
  }

  /** True or false. */
  public boolean flag(String key, boolean fallback) {
    Object found = values.get(key);
    if (found == null) {
      return fallback;
    }
    if (found instanceof Boolean flag) {
      return flag;
    }
    throw mistake(key, "true or false", found);
  }

  /** One of an enumeration's names in lower case. */
  public <E extends Enum<E>> E choice(String key, Class<E> type, E fallback) {
    Object found = values.get(key);
    if (found == null) {
      return fallback;
    }
    List<String> names = Arrays.stream(type.getEnumConstants()).map(ConfigSection::nameOf).toList();
    int at = names.indexOf(String.valueOf(found));
    if (at < 0) {
      throw mistake(
          key, names.size() == 1 ? names.get(0) : "one of " + String.join(", ", names), found);
    }
    return type.getEnumConstants()[at];
  }

  /** An enumeration's name as a configuration file writes it. */
  public static String nameOf(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** The sentence about a key whose value is not what is accepted. */
  public UserError mistake(String key, String accepted, Object found) {
    return UserError.of(
        "%s: %s must be %s, found %s.", source.of(full(key)), full(key), accepted, shown(found));
  }

  private String full(String key) {
    return prefix + key;
  }

  private double parse(String key, Object found, String accepted) {
    if (found instanceof Number number) {
      return number.doubleValue();
    }
    throw mistake(key, accepted, found);
  }

  private static ConfigSection checked(ConfigSection section, String... accepted) {
    List<String> known = List.of(accepted);
    for (String key : new TreeSet<>(section.values.keySet())) {
      if (!known.contains(key)) {
        String full = section.full(key);
        throw UserError.of(
            "%s: unknown key '%s'%s; accepted are %s.",
            section.source.of(full),
            full,
            nearest(key, known).map(near -> " (did you mean '" + near + "'?)").orElse(""),
            String.join(", ", known));
      }
    }
    return section;
  }

  private static Optional<String> nearest(String key, List<String> known) {
    return known.stream()
        .filter(candidate -> distance(key, candidate) <= Math.max(1, candidate.length() / 3))
        .min(Comparator.comparingInt(candidate -> distance(key, candidate)));
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, j -> j);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  private static String shown(Object found) {
    return found instanceof Number || found instanceof Boolean
        ? found.toString()
        : "'" + found + "'";
  }
}
