package io.polyspark.prep.synthetic;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The words of the grammar, read from the resource {@code lexicon.txt}.
 *
 * @param topics what documents are about; a document keeps to the words of one
 */
record Lexicon(
    List<String> women,
    List<String> men,
    List<String> towns,
    List<String> days,
    List<String> adverbs,
    List<String> times,
    List<String> states,
    List<Verb> gains,
    List<Topic> topics) {
  /** A countable noun. */
  record Noun(String singular, String plural) {
    /** The form for this many of them. */
    String form(int count) {
      return count == 1 ? singular : plural;
    }
  }

  /** A verb; the third person is that of the present, as is the base with a plural subject. */
  record Verb(String base, String third, String past) {}

  /** A place and the preposition that goes with it. */
  record Place(String preposition, String noun) {
    /** As in "on the pier". */
    String where() {
      return preposition + " the " + noun;
    }
  }

  /** The words of one subject matter. */
  record Topic(
      String title,
      List<String> professions,
      List<Noun> nouns,
      List<Noun> containers,
      List<Verb> verbs,
      List<String> adjectives,
      List<Place> places) {}

  private static final String RESOURCE = "lexicon.txt";
  private static final Lexicon ENGLISH = read();

  /** The one lexicon there is. */
  static Lexicon english() {
    return ENGLISH;
  }

  private static Lexicon read() {
    Map<String, Map<String, String>> sections = sections();
    Map<String, String> common = sections.remove("common");
    return new Lexicon(
        list(common, "women", word -> word),
        list(common, "men", word -> word),
        list(common, "towns", word -> word),
        list(common, "days", word -> word),
        list(common, "adverbs", word -> word),
        list(common, "times", word -> word),
        list(common, "states", word -> word),
        list(common, "gains", Lexicon::verb),
        sections.values().stream().map(Lexicon::topic).toList());
  }

  private static Map<String, Map<String, String>> sections() {
    Map<String, Map<String, String>> sections = new LinkedHashMap<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Lexicon.class.getResourceAsStream(RESOURCE), StandardCharsets.UTF_8))) {
      Map<String, String> section = null;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("[")) {
          section = new LinkedHashMap<>();
          sections.put(line.substring(1, line.length() - 1), section);
        } else if (!line.isEmpty() && !line.startsWith("#")) {
          int colon = line.indexOf(": ");
          section.put(line.substring(0, colon), line.substring(colon + 2));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the resource " + RESOURCE, e);
    }
    return sections;
  }

  private static Topic topic(Map<String, String> section) {
    return new Topic(
        section.get("title"),
        list(section, "professions", word -> word),
        list(section, "nouns", Lexicon::noun),
        list(section, "containers", Lexicon::noun),
        list(section, "verbs", Lexicon::verb),
        list(section, "adjectives", word -> word),
        list(section, "places", Lexicon::place));
  }

  private static <T> List<T> list(
      Map<String, String> section, String key, Function<String, T> item) {
    return Arrays.stream(section.get(key).split(", ", -1)).map(item).toList();
  }

  private static Noun noun(String forms) {
    String[] parts = forms.split("/", 2);
    return new Noun(parts[0], parts[1]);
  }

  private static Verb verb(String forms) {
    String[] parts = forms.split("/", 3);
    return new Verb(parts[0], parts[1], parts[2]);
  }

  private static Place place(String forms) {
    String[] parts = forms.split("/", 2);
    return new Place(parts[0], parts[1]);
  }
}
