package io.polyspark.prep.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tokenize.ByteAlphabet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.Tuple2;

class BpeTrainerTest {
  private static final List<String> SPECIAL = List.of("<|endoftext|>", "<|padding|>");

  @ParameterizedTest
  @CsvSource({"1, 2, 1", "2, 3, 1", "3, 4, 2", "4, 8, 1", "5, 26, 3", "6, 2, 5", "7, 3, 2"})
  void mergesAreThoseOfTheTextbook(long seed, int letters, long minFrequency) {
    Random random = new Random(seed);
    Map<String, Long> words = new TreeMap<>();
    for (int i = 0; i < 150; i++) {
      StringBuilder word = new StringBuilder(random.nextBoolean() ? " " : "");
      for (int length = 1 + random.nextInt(12); length > 0; length--) {
        // Squared, so that some letters are frequent, and ties many.
        word.append((char) ('a' + (int) (letters * Math.pow(random.nextDouble(), 2))));
      }
      words.merge(word.toString(), 1L + random.nextInt(4), Long::sum);
    }
    for (int size : new int[] {258, 270, 400, 1_000}) {
      BpeVocabulary trained = train(words, size, minFrequency);
      assertThat(trained).isEqualTo(textbook(words, size, minFrequency));
    }
  }

  @Test
  void bytesHaveTheIdsOfHuggingFaceAndTiesGoToTheLesserOnes() {
    BpeVocabulary trained = train(Map.of("ba", 3L, "ab", 3L, "zz", 4L), 261, 1);
    assertThat(trained.merges()).containsExactly("z z", "a b", "b a");
    assertThat(trained.tokens().subList(0, 3)).containsExactly("<|endoftext|>", "<|padding|>", "!");
    assertThat(trained.tokens().subList(257, 261)).containsExactly("\u0143", "zz", "ab", "ba");
  }

  @Test
  void theOrderOfWordsDoesNotMatter() {
    List<Tuple2<String, Long>> words = new ArrayList<>();
    Random random = new Random(9);
    for (int i = 0; i < 500; i++) {
      words.add(new Tuple2<>(Integer.toString(random.nextInt(1 << 20), 4), 1L));
    }
    TrainTokenizerOptions options = TrainTokenizerOptions.of(List.of("x"), "y", 350);
    BpeVocabulary first = TrainTokenizer.train(words, options);
    Collections.shuffle(words, random);
    assertThat(TrainTokenizer.train(words, options)).isEqualTo(first);
  }

  private static BpeVocabulary train(Map<String, Long> words, int size, long minFrequency) {
    BpeTrainer trainer = new BpeTrainer(SPECIAL, minFrequency);
    words.forEach(trainer::add);
    return trainer.train(size);
  }

  /** Counts all pairs anew before every merge, and writes every word anew after it. */
  private static BpeVocabulary textbook(Map<String, Long> words, int size, long minFrequency) {
    List<String> tokens = new ArrayList<>(SPECIAL);
    Set<String> alphabet = new TreeSet<>();
    for (int value = 0; value < 256; value++) {
      alphabet.add(Character.toString(ByteAlphabet.name((byte) value)));
    }
    tokens.addAll(alphabet);
    Map<List<String>, Long> divided = new HashMap<>();
    words.forEach(
        (word, count) ->
            divided.put(
                List.of(ByteAlphabet.name(word.getBytes(StandardCharsets.ISO_8859_1)).split("")),
                count));
    Map<List<String>, Long> current = divided;
    Set<String> merges = new LinkedHashSet<>();
    while (tokens.size() < size) {
      Map<List<String>, Long> counts = new HashMap<>();
      current.forEach(
          (word, count) -> {
            for (int i = 1; i < word.size(); i++) {
              counts.merge(word.subList(i - 1, i + 1), count, Long::sum);
            }
          });
      List<String> best = null;
      for (List<String> pair : counts.keySet()) {
        if (best == null || before(pair, best, counts, tokens)) {
          best = pair;
        }
      }
      if (best == null || counts.get(best) < minFrequency) {
        break;
      }
      String whole = String.join("", best);
      merges.add(String.join(" ", best));
      if (!tokens.contains(whole)) {
        tokens.add(whole);
      }
      Map<List<String>, Long> next = new HashMap<>();
      for (Map.Entry<List<String>, Long> word : current.entrySet()) {
        next.merge(merged(word.getKey(), best, whole), word.getValue(), Long::sum);
      }
      current = next;
    }
    return new BpeVocabulary(tokens, List.copyOf(merges));
  }

  private static boolean before(
      List<String> pair, List<String> best, Map<List<String>, Long> counts, List<String> tokens) {
    int order = Long.compare(counts.get(best), counts.get(pair));
    for (int i = 0; i < 2 && order == 0; i++) {
      order = Integer.compare(tokens.indexOf(pair.get(i)), tokens.indexOf(best.get(i)));
    }
    return order < 0;
  }

  private static List<String> merged(List<String> word, List<String> pair, String whole) {
    List<String> merged = new ArrayList<>();
    for (int i = 0; i < word.size(); i++) {
      if (i + 1 < word.size() && word.subList(i, i + 2).equals(pair)) {
        merged.add(whole);
        i++;
      } else {
        merged.add(word.get(i));
      }
    }
    return merged;
  }
}
