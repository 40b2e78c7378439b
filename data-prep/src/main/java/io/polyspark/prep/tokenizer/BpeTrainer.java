package io.polyspark.prep.tokenizer;

import io.polyspark.model.tokenize.ByteAlphabet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909) over bytes: again and again, the most
 * frequent pair of neighbours becomes a token. Only the words that hold the pair are visited, and
 * only the counts of their pairs change. Ids are given as Hugging Face's trainer gives them,
 * special tokens first, then the bytes in the order of their names, then the merges; and as there,
 * the pair of the lesser ids wins where counts are equal. The order of words does not matter.
 */
final class BpeTrainer {
  private final long minFrequency;
  private final List<String> tokens = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();
  private final int[] byteIds = new int[256];
  private final List<String> merges = new ArrayList<>();
  private final Set<Long> merged = new HashSet<>();
  private final TrainingWords words = new TrainingWords();
  private final PairCounts pairs = new PairCounts();

  /**
   * Starts without words.
   *
   * @param special tokens that text has no part in, which get the first ids
   * @param minFrequency how often a pair must occur to become a token
   */
  BpeTrainer(List<String> special, long minFrequency) {
    this.minFrequency = minFrequency;
    special.forEach(this::id);
    TreeMap<Character, Integer> alphabet = new TreeMap<>();
    for (int value = 0; value < byteIds.length; value++) {
      alphabet.put(ByteAlphabet.name((byte) value), value);
    }
    alphabet.forEach((name, value) -> byteIds[value] = id(name.toString()));
  }

  /**
   * Adds a word and how often it occurs.
   *
   * @param word its bytes, one a character
   */
  void add(String word, long count) {
    words.add(word, count, byteIds);
  }

  /**
   * Merges until there are so many tokens, or no pair occurs often enough.
   *
   * @param vocabularySize the number of tokens, special ones and bytes included
   */
  BpeVocabulary train(int vocabularySize) {
    for (int word = 0; word < words.size(); word++) {
      for (int i = 1; i < words.length(word); i++) {
        pairs.add(
            PairCounts.pair(words.id(word, i - 1), words.id(word, i)), words.count(word), word);
      }
    }
    pairs.enqueueAll();
    while (tokens.size() < vocabularySize) {
      long pair = pairs.mostFrequent(minFrequency);
      if (pair < 0) {
        break;
      }
      merge(pair);
    }
    return new BpeVocabulary(List.copyOf(tokens), List.copyOf(merges));
  }

  private void merge(long pair) {
    String left = tokens.get(PairCounts.left(pair));
    String right = tokens.get(PairCounts.right(pair));
    // Of other parts there may be the same token already, and text may come to have such a pair
    // again after all of it was merged.
    int id = id(left + right);
    if (merged.add(pair)) {
      merges.add(left + " " + right);
    }
    Set<Long> grown = new HashSet<>();
    for (int word : pairs.remove(pair)) {
      merge(pair, id, word, grown);
    }
    grown.forEach(pairs::enqueue);
  }

  /** Rewrites one word, if the pair is still in it. */
  private void merge(long pair, int id, int word, Set<Long> grown) {
    int length = words.length(word);
    int written = 0;
    int read = 0;
    while (read < length) {
      int current = words.id(word, read);
      if (read + 1 == length || PairCounts.pair(current, words.id(word, read + 1)) != pair) {
        words.set(word, written++, current);
        read++;
        continue;
      }
      if (written > 0) {
        int before = words.id(word, written - 1);
        replace(pair, PairCounts.pair(before, current), PairCounts.pair(before, id), word, grown);
      }
      read += 2;
      if (read < length) {
        int after = words.id(word, read);
        long old = PairCounts.pair(PairCounts.right(pair), after);
        replace(pair, old, PairCounts.pair(id, after), word, grown);
      }
      words.set(word, written++, id);
    }
    words.shorten(word, written);
  }

  /** A pair of a word becomes another one; what is being merged is no longer counted. */
  private void replace(long merging, long old, long made, int word, Set<Long> grown) {
    if (old != merging) {
      pairs.subtract(old, words.count(word));
    }
    pairs.add(made, words.count(word), word);
    grown.add(made);
  }

  private int id(String token) {
    Integer known = ids.putIfAbsent(token, tokens.size());
    if (known != null) {
      return known;
    }
    tokens.add(token);
    return tokens.size() - 1;
  }
}
