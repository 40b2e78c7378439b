package io.polyspark.prep.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** The one pass over characters and hashes counts what split(), sets and maps of strings count. */
class StatisticsEqualTheTextbooksTest {
  private static final Path DATA = Path.of(System.getProperty("data.dir"));
  private static final String SPACE = "(?U)\\s";
  private static final String[] PIECES = {
    "a", "b", "The", "of", "é", "e\u0301", "𝒜", "😀", "#", ".", "...", "…", "•", "-", "*", "!",
    "\"", "'", "1", "٣", "हि", " ", " ", "\u00a0", "\u3000", "\t", "\n", "\n", "\n\n", "\u2028",
    "\u0000"
  };

  @Test
  void onRandomStrings() {
    Random random = new Random(7);
    for (int i = 0; i < 1000; i++) {
      StringBuilder text = new StringBuilder();
      int kinds = 1 + random.nextInt(PIECES.length);
      for (int length = random.nextInt(80); length > 0; length--) {
        text.append(PIECES[PIECES.length - 1 - random.nextInt(kinds)]);
        if (random.nextInt(3) == 0) {
          text.append(' ');
        }
      }
      compare(text.toString());
    }
  }

  @Test
  void onWebPages() throws IOException {
    List<String> pages = webPages();
    assumeTrue(!pages.isEmpty(), () -> DATA.resolve("web") + " is absent");
    pages.forEach(StatisticsEqualTheTextbooksTest::compare);
    compare(String.join("\n\n", pages));
  }

  @Test
  void onBooks() throws IOException {
    for (String name :
        new String[] {"tinyshakespeare.txt", "wikitext-2/valid.txt", "wikitext-2/test.txt"}) {
      Path file = DATA.resolve("corpus").resolve(name);
      assumeTrue(Files.exists(file), () -> file + " is absent");
      String text = Files.readString(file);
      compare(text.substring(0, 60_000));
      for (int start = 0; start + 4000 < text.length(); start += 200_000) {
        compare(text.substring(start, start + 4000));
      }
    }
  }

  static List<String> webPages() throws IOException {
    List<String> pages = new ArrayList<>();
    Path web = DATA.resolve("web");
    if (!Files.isDirectory(web)) {
      return pages;
    }
    try (Stream<Path> files = Files.list(web)) {
      for (Path file : files.sorted().toList()) {
        try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(
                    new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
          for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            pages.add(new ObjectMapper().readTree(line).get("text").textValue());
          }
        }
      }
    }
    return pages;
  }

  private static void compare(String text) {
    assertThat(fast(text)).as("statistics of %s", start(text)).isEqualTo(textbook(text));
  }

  private static String start(String text) {
    return "'" + text.substring(0, Math.min(100, text.length())) + "'";
  }

  private static Map<String, Object> fast(String text) {
    TextStatistics statistics = TextStatistics.of(text);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("characters", statistics.characters());
    all.put("newlines", statistics.newlines());
    all.put("hashes", statistics.hashSymbols());
    all.put("ellipses", statistics.ellipses());
    all.put("words", statistics.words());
    all.put("word characters", (int) statistics.wordCharacters());
    all.put("alphabetic", statistics.alphabeticWords());
    List<String> lines = new ArrayList<>();
    List<Integer> lineWords = new ArrayList<>();
    int bullets = 0;
    int punctuated = 0;
    int ellipsisLines = 0;
    for (int i = 0; i < statistics.lines(); i++) {
      lines.add(statistics.line(i));
      lineWords.add(statistics.firstWord(i + 1) - statistics.firstWord(i));
      bullets += statistics.startsWithBullet(i) ? 1 : 0;
      punctuated += statistics.endsWithPunctuation(i) ? 1 : 0;
      ellipsisLines += statistics.endsWithEllipsis(i) ? 1 : 0;
    }
    all.put("lines", lines);
    all.put("words of lines", lineWords);
    all.put("bullets", bullets);
    all.put("punctuated", punctuated);
    all.put("ellipsis lines", ellipsisLines);
    Repetition repetition = statistics.repetition();
    all.put("duplicate lines", repetition.lines().toString());
    all.put("duplicate paragraphs", repetition.paragraphs().toString());
    for (int n = 1; n <= 4; n++) {
      all.put("top " + n, (int) repetition.topNgramCharacters(n));
    }
    for (int n = 5; n <= 10; n++) {
      all.put("duplicate " + n, (int) repetition.duplicateNgramCharacters(n));
    }
    all.put("bare words", statistics.bareNgrams().words());
    long[] bare = statistics.bareNgrams().all(2);
    all.put("bare bigrams", (int) Arrays.stream(bare).distinct().count());
    return all;
  }

  private static Map<String, Object> textbook(String text) {
    List<String> words = notEmpty(text.split(SPACE + "+", -1));
    List<String> lines = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      String stripped = line.replaceAll("^" + SPACE + "+|" + SPACE + "+$", "");
      if (!stripped.isEmpty()) {
        lines.add(stripped);
      }
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("characters", length(text));
    all.put("newlines", occurrences(text, "\n"));
    all.put("hashes", occurrences(text, "#"));
    all.put("ellipses", occurrences(text, "...") + occurrences(text, "…"));
    all.put("words", words.size());
    all.put("word characters", words.stream().mapToInt(w -> length(w)).sum());
    all.put(
        "alphabetic",
        (int) words.stream().filter(w -> w.codePoints().anyMatch(Character::isLetter)).count());
    all.put("lines", lines);
    all.put(
        "words of lines",
        lines.stream().map(l -> notEmpty(l.split(SPACE + "+", -1)).size()).toList());
    all.put("bullets", (int) lines.stream().filter(l -> l.matches("(?s)[•*-].*")).count());
    all.put("punctuated", (int) lines.stream().filter(l -> l.matches("(?s).*[.?!\"']")).count());
    all.put(
        "ellipsis lines",
        (int) lines.stream().filter(l -> l.endsWith("...") || l.endsWith("…")).count());
    all.put("duplicate lines", duplicates(lines));
    all.put("duplicate paragraphs", duplicates(paragraphs(text)));
    for (int n = 1; n <= 4; n++) {
      all.put("top " + n, top(words, n));
    }
    for (int n = 5; n <= 10; n++) {
      all.put("duplicate " + n, duplicateNgrams(words, n));
    }
    List<String> bare =
        words.stream()
            .map(w -> lower(w.replaceAll("[^\\p{L}\\p{Nd}\\p{M}]", "")))
            .filter(w -> !w.isEmpty())
            .toList();
    all.put("bare words", bare.size());
    Set<List<String>> bigrams = new HashSet<>();
    for (int i = 0; i + 2 <= bare.size(); i++) {
      bigrams.add(bare.subList(i, i + 2));
    }
    all.put("bare bigrams", bigrams.size());
    return all;
  }

  private static List<String> paragraphs(String text) {
    List<String> paragraphs = new ArrayList<>();
    for (String paragraph : text.split("\n" + SPACE + "*\n", -1)) {
      List<String> lines = new ArrayList<>();
      for (String line : paragraph.split("\n", -1)) {
        lines.add(line.replaceAll("^" + SPACE + "+|" + SPACE + "+$", ""));
      }
      lines.removeIf(String::isEmpty);
      if (!lines.isEmpty()) {
        paragraphs.add(String.join("\n", lines));
      }
    }
    return paragraphs;
  }

  private static String duplicates(List<String> items) {
    Set<String> seen = new HashSet<>();
    int duplicates = 0;
    long characters = 0;
    for (String item : items) {
      if (!seen.add(item)) {
        duplicates++;
        characters += length(item);
      }
    }
    return new Repetition.Duplicates(items.size(), duplicates, characters).toString();
  }

  private static int top(List<String> words, int n) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (int i = 0; i + n <= words.size(); i++) {
      counts.merge(String.join(" ", words.subList(i, i + n)), 1, Integer::sum);
    }
    int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    return most < 2
        ? 0
        : counts.entrySet().stream()
            .filter(entry -> entry.getValue() == most)
            .map(entry -> most * length(entry.getKey()))
            .findFirst()
            .orElseThrow();
  }

  private static int duplicateNgrams(List<String> words, int n) {
    Map<String, Boolean> seen = new HashMap<>();
    int characters = 0;
    for (int i = 0; i + n <= words.size(); ) {
      String ngram = String.join(" ", words.subList(i, i + n));
      if (seen.put(ngram, true) != null) {
        characters += length(ngram) - (n - 1);
        i += n;
      } else {
        i++;
      }
    }
    return characters;
  }

  private static List<String> notEmpty(String[] parts) {
    return Arrays.stream(parts).filter(part -> !part.isEmpty()).toList();
  }

  private static int occurrences(String text, String part) {
    int count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  private static String lower(String word) {
    return word.toLowerCase(Locale.ROOT);
  }
}
