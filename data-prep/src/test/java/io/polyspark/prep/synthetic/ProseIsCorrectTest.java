package io.polyspark.prep.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.prep.synthetic.Lexicon.Noun;
import io.polyspark.prep.synthetic.Lexicon.Place;
import io.polyspark.prep.synthetic.Lexicon.Topic;
import io.polyspark.prep.synthetic.Lexicon.Verb;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks what the prose says, from the text alone. */
class ProseIsCorrectTest {
  private static final Lexicon LEXICON = Lexicon.english();
  private static final List<String> TEXTS =
      IntStream.range(0, 1000).mapToObj(n -> SyntheticSource.document(3, n).text()).toList();
  private static final List<String> WORDS =
      List.of(
          "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve");
  private static final String NUMBER = "(\\d+|none|" + String.join("|", WORDS) + ")";

  @Test
  void productsAreRight() {
    String counted =
        "count(?:s|ed)? " + NUMBER + " [a-z ]+ in each of " + NUMBER + " [a-z]+, " + NUMBER;
    List<MatchResult> found = TEXTS.stream().flatMap(text -> all(counted, text)).toList();
    assertThat(found).hasSizeGreaterThan(500);
    for (MatchResult product : found) {
      assertThat(number(product, 1) * number(product, 2))
          .as(product.group())
          .isEqualTo(number(product, 3));
    }
  }

  @Test
  void propertyAddsUpThroughADocument() {
    int checks = TEXTS.stream().mapToInt(text -> new Ledger().follow(text)).sum();
    assertThat(checks).isGreaterThan(4000);
  }

  @Test
  void thingsAreWhereTheyWerePut() {
    String place = words(all(Topic::places), Place::noun);
    String noun = words(all(Topic::nouns), Noun::singular);
    Pattern sentences =
        Pattern.compile(
            String.format(
                "[Tt]he (?<put>%1$s) (?:is|was) \\w+ the (?<at>%2$s)\\.|move[sd] the (?<moved>%1$s)"
                    + " from the (?<from>%2$s) to the (?<to>%2$s)\\.|[Ww]here is the (?<asked>%1$s)"
                    + "\\?\" \\w+ \\w+\\. \"It is \\w+ the (?<answer>%2$s),",
                noun, place));
    int checks = 0;
    for (String text : TEXTS) {
      Map<String, String> places = new HashMap<>();
      var found = sentences.matcher(text);
      while (found.find()) {
        if (found.group("put") != null) {
          assertThat(places.put(found.group("put"), found.group("at"))).isNull();
        } else if (found.group("moved") != null) {
          assertThat(places.put(found.group("moved"), found.group("to")))
              .isEqualTo(found.group("from"))
              .isNotEqualTo(found.group("to"));
          checks++;
        } else {
          assertThat(places).containsEntry(found.group("asked"), found.group("answer"));
          checks++;
        }
      }
    }
    assertThat(checks).isGreaterThan(1000);
  }

  @Test
  void verbsAgreeWithTheirSubjects() {
    String name = "(?:" + String.join("|", names()) + ")";
    String adverb = "(?:(?:" + String.join("|", LEXICON.adverbs()) + ") )?";
    for (String text : TEXTS) {
      Topic topic =
          LEXICON.topics().stream()
              .filter(t -> text.startsWith(t.title()))
              .findFirst()
              .orElseThrow();
      String third = words(topic.verbs(), Verb::third) + "|has";
      String base = words(topic.verbs(), Verb::base) + "|have";
      String plural = words(topic.nouns(), Noun::plural);
      String singular = words(topic.nouns(), Noun::singular);
      String place = "(?: \\w+ the (?:" + words(topic.places(), Place::noun) + "))?";
      assertThat(text)
          .doesNotContainPattern(name + " and " + name + " " + adverb + "(?:" + third + ") ")
          .doesNotContainPattern("(?<! and )\\b" + name + " " + adverb + "(?:" + base + ") ")
          .doesNotContainPattern("\\b(?:" + plural + ")" + place + " (?:is|was) ")
          .doesNotContainPattern("\\b(?:" + singular + ")" + place + " (?:are|were) ")
          .doesNotContainPattern("\\b[Aa] [aeiou]")
          .doesNotContainPattern("\\b[Aa]n [^aeiou]");
    }
  }

  @Test
  void daysFollowEachOther() {
    for (String text : TEXTS) {
      List<Integer> days =
          all("\n\nOn (\\w+),", text).map(day -> LEXICON.days().indexOf(day.group(1))).toList();
      for (int i = 1; i < days.size(); i++) {
        assertThat(days.get(i)).isEqualTo((days.get(i - 1) + 1) % 7);
      }
    }
  }

  @Test
  void wordsOfAListAreDistinct() {
    assertThat(names()).doesNotHaveDuplicates();
    Stream.of(LEXICON.towns(), LEXICON.adverbs(), LEXICON.times(), LEXICON.states())
        .forEach(list -> assertThat(list).doesNotHaveDuplicates());
    for (Topic topic : LEXICON.topics()) {
      assertThat(topic.professions()).doesNotHaveDuplicates();
      assertThat(topic.adjectives()).doesNotHaveDuplicates();
      assertThat(topic.nouns())
          .doesNotHaveDuplicates()
          .allMatch(n -> !n.singular().equals(n.plural()));
      assertThat(topic.places()).extracting(Place::noun).doesNotHaveDuplicates();
      assertThat(topic.verbs())
          .doesNotHaveDuplicates()
          .allMatch(verb -> !verb.past().equals(verb.base()) && !verb.past().equals(verb.third()));
    }
  }

  /** Who owns how many, told by the text. */
  private static final class Ledger {
    private static final Pattern SUBJECT =
        Pattern.compile(
            "(?:^|^On \\w+, |, and |, while |, but )(?:(?<person>"
                + String.join("|", names())
                + ")(?! and [A-Z])|(?<pronoun>[Ss]?[Hh]e) |(?<other>[Tt]he|[Nn]obody|[Tt]ogether|\"|"
                + "[A-Z]\\w+ and))");
    private static final Pattern START =
        Pattern.compile(
            "^(?!.*(?:more|many)).*?(?<still> still)? (?:has|had) " + NUMBER + " [a-z]");
    private static final Pattern GAIN =
        Pattern.compile(NUMBER + " more [a-z ]+ and then (?:has|had) " + NUMBER);
    private static final Pattern GIVE =
        Pattern.compile(
            "(?:gives|gave) "
                + NUMBER
                + " of the "
                + NUMBER
                + " [a-z ]+ to (\\w+) and (?:keeps|kept) "
                + NUMBER);
    private static final Pattern TOTAL =
        Pattern.compile("ogether (\\w+) and (\\w+) (?:have|had) " + NUMBER);
    private static final Pattern COMPARE =
        Pattern.compile(
            "(\\w+) (?:has|had) (?:" + NUMBER + " more|as many) [a-z ]+ (?:than|as) (\\w+)");

    private final Map<String, Integer> owned = new HashMap<>();
    private String subject;
    private int checks;

    int follow(String text) {
      for (String sentence : text.split("(?<=\\.) |\n\n", -1)) {
        read(sentence.strip());
      }
      return checks;
    }

    private void read(String sentence) {
      String first = null;
      var subjects = SUBJECT.matcher(sentence);
      while (subjects.find()) {
        if (subjects.group("person") != null) {
          subject = subjects.group("person");
        } else if (subjects.group("other") != null) {
          subject = null;
        }
        first = first == null ? subject : first;
      }
      for (MatchResult total : all(TOTAL, sentence)) {
        check(owned.get(total.group(1)) + owned.get(total.group(2)), number(total, 3), sentence);
        return;
      }
      for (MatchResult compare : all(COMPARE, sentence)) {
        int difference = owned.get(compare.group(1)) - owned.get(compare.group(3));
        check(difference, compare.group(2) == null ? 0 : number(compare, 2), sentence);
        subject = null;
        return;
      }
      for (MatchResult gain : all(GAIN, sentence)) {
        owned.merge(first, number(gain, 1), Integer::sum);
        check(owned.get(first), number(gain, 2), sentence);
        return;
      }
      for (MatchResult give : all(GIVE, sentence)) {
        check(owned.get(first), number(give, 2), sentence);
        owned.merge(first, -number(give, 1), Integer::sum);
        owned.merge(give.group(3), number(give, 1), Integer::sum);
        check(owned.get(first), number(give, 4), sentence);
        return;
      }
      for (MatchResult start : all(START, sentence)) {
        if (start.group(1) == null) {
          assertThat(owned.put(first, number(start, 2))).as(sentence).isNull();
        } else {
          check(owned.get(first), number(start, 2), sentence);
        }
      }
    }

    private void check(int expected, int found, String sentence) {
      assertThat(found).as(sentence).isEqualTo(expected);
      checks++;
    }

    private static List<MatchResult> all(Pattern pattern, String text) {
      return pattern.matcher(text).results().toList();
    }
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>(LEXICON.women());
    names.addAll(LEXICON.men());
    return names;
  }

  /** The forms of some words as alternatives of a pattern, the longest first. */
  private static <T> String words(List<T> list, Function<T, String> form) {
    return list.stream()
        .map(form)
        .distinct()
        .sorted((a, b) -> b.length() - a.length())
        .collect(Collectors.joining("|"));
  }

  private static <T> List<T> all(Function<Topic, List<T>> words) {
    return LEXICON.topics().stream().flatMap(topic -> words.apply(topic).stream()).toList();
  }

  private static Stream<MatchResult> all(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results();
  }

  private static int number(MatchResult found, int group) {
    String number = found.group(group).replace("none", "no");
    return WORDS.contains(number) ? WORDS.indexOf(number) : Integer.parseInt(number);
  }
}
