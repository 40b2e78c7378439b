package io.polyspark.prep.deduplicate;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.GZIPInputStream;

/**
 * Pieces of real texts, and beside each a copy in which 0 to 60 % of the words are replaced,
 * deleted or doubled; small shares more often than large ones, so that many pairs are similar.
 * Documents 2 i and 2 i + 1 are a pair.
 *
 * @param jaccards the similarity of each pair, of sets of strings
 */
record PlantedDuplicates(List<LocatedDocument> documents, List<Double> jaccards) {
  private static final Path DATA = Path.of(System.getProperty("data.dir"));
  private static final List<String> TEXTS =
      List.of(
          "corpus/wikitext-2/valid.txt",
          "corpus/wikitext-2/test.txt",
          "corpus/tinyshakespeare.txt");
  private static final JsonMapper JSON = new JsonMapper();
  private static final double MOST_EDITS = 0.6;
  private static final int SHINGLE_WORDS = 5;

  /** Skips the test where the texts are absent. */
  static PlantedDuplicates of(int count, long seed) throws IOException {
    String[] words = words();
    int pairs = count / 2;
    int length = words.length / pairs;
    Random random = new Random(seed);
    List<LocatedDocument> documents = new ArrayList<>();
    List<Double> jaccards = new ArrayList<>();
    for (int pair = 0; pair < pairs; pair++) {
      String[] original = Arrays.copyOfRange(words, pair * length, (pair + 1) * length);
      double share = MOST_EDITS * Math.pow(random.nextDouble(), 3);
      String[] copy = edited(original, share, words, random);
      documents.add(new LocatedDocument("originals.txt", pair, String.join(" ", original)));
      documents.add(new LocatedDocument("copies.txt", pair, String.join(" ", copy)));
      jaccards.add(jaccard(shingles(original), shingles(copy)));
    }
    return new PlantedDuplicates(documents, jaccards);
  }

  /** The runs of words of a text, as strings. */
  static Set<String> shingles(String... words) {
    Set<String> shingles = new HashSet<>();
    int window = Math.min(SHINGLE_WORDS, words.length);
    for (int i = 0; i + window <= words.length; i++) {
      shingles.add(String.join(" ", Arrays.copyOfRange(words, i, i + window)));
    }
    return shingles;
  }

  static double jaccard(Set<String> first, Set<String> second) {
    Set<String> common = new HashSet<>(first);
    common.retainAll(second);
    return (double) common.size() / (first.size() + second.size() - common.size());
  }

  private static String[] edited(String[] words, double share, String[] others, Random random) {
    List<String> edited = new ArrayList<>();
    for (String word : words) {
      if (random.nextDouble() >= share) {
        edited.add(word);
        continue;
      }
      switch (random.nextInt(4)) {
        case 0 -> {}
        case 1 -> edited.addAll(List.of(word, word));
        default -> edited.add(others[random.nextInt(others.length)]);
      }
    }
    return edited.toArray(String[]::new);
  }

  private static String[] words() throws IOException {
    assumeTrue(Files.isDirectory(DATA), () -> DATA + " is absent");
    StringBuilder all = new StringBuilder();
    for (String text : TEXTS) {
      all.append(Files.readString(DATA.resolve(text))).append('\n');
    }
    for (int file = 1; file <= 3; file++) {
      Path pages = DATA.resolve("web/c4-sample.0" + file + ".json.gz");
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(
                  new GZIPInputStream(Files.newInputStream(pages)), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          all.append(JSON.readTree(line).get("text").textValue()).append('\n');
        }
      }
    }
    return all.toString().strip().split("\\s+");
  }
}
