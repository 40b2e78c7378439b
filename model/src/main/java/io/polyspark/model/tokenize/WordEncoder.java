package io.polyspark.model.tokenize;

import java.util.Arrays;

/** Turns text between added tokens into ids, with a memory for words. Not for several threads. */
final class WordEncoder {
  private static final int LARGEST_KEPT = 1 << 20;

  private final BpeModel model;
  private final WordMerger merger;
  private final WordCache cache = new WordCache();
  private final IdBuffer ids = new IdBuffer();

  WordEncoder(BpeModel model) {
    this.model = model;
    this.merger = new WordMerger(model.merges());
  }

  /** Begins another text. */
  void start() {
    ids.clear();
  }

  /** Whether a text was so large that the memory for it is not to be kept. */
  boolean isLarge() {
    return ids.size() > LARGEST_KEPT || merger.capacity() > LARGEST_KEPT;
  }

  /** Adds the ids of a piece of text. */
  void encode(byte[] text, int from, int to) {
    if (model.prefixSpace() && text[from] != ' ') {
      byte[] prefixed = new byte[to - from + 1];
      prefixed[0] = ' ';
      System.arraycopy(text, from, prefixed, 1, to - from);
      words(prefixed, 0, prefixed.length);
    } else {
      words(text, from, to);
    }
  }

  /** Adds an id. */
  void add(int id) {
    ids.add(id);
  }

  /** A copy of the ids since the start. */
  int[] ids() {
    return ids.copyFrom(0);
  }

  private void words(byte[] text, int from, int to) {
    int at = from;
    while (at < to) {
      int end = model.cutWords() ? Gpt2Words.end(text, at, to) : to;
      word(text, at, end);
      at = end;
    }
  }

  private void word(byte[] text, int from, int to) {
    if (to - from > WordCache.LONGEST_WORD) {
      unknownWord(text, from, to);
      return;
    }
    int hash = WordCache.hash(text, from, to);
    if (!cache.addTo(ids, text, from, to, hash)) {
      int first = ids.size();
      unknownWord(text, from, to);
      cache.put(text, from, to, hash, ids, first);
    }
  }

  private void unknownWord(byte[] text, int from, int to) {
    if (!model.wholeWords().isEmpty()) {
      String name = ByteAlphabet.name(Arrays.copyOfRange(text, from, to));
      Integer id = model.wholeWords().get(name);
      if (id != null) {
        ids.add(id);
        return;
      }
    }
    merger.merge(text, from, to, ids);
  }
}
