package io.polyspark.prep.tokenizer;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tokenize.Gpt2Words;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.ReadResult;
import io.polyspark.prep.read.Rejection;
import io.polyspark.prep.read.TaskReading;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import scala.Tuple2;

/**
 * The words of a partition with their counts, as Spark asks for them. A word that comes again after
 * the memory for words was full comes with the counts since then.
 */
final class CountedWords implements Iterator<Tuple2<String, Long>> {
  /** Stands for damaged documents; no word is empty. */
  static final String REJECTED = "";

  /** A longer word is no word of a language, and would make tokens of any length. */
  static final int LONGEST_WORD = 256;

  /** Some hundred bytes of memory each. */
  private static final int MOST_WORDS = 1 << 19;

  private static final class Count {
    private long value;
  }

  private final DocumentReader reader;
  private final long maxRejected;
  private Map<String, Count> counts = new HashMap<>();
  private Iterator<Map.Entry<String, Count>> ready = Collections.emptyIterator();
  private long rejected;
  private boolean ended;

  /**
   * Starts before the first document.
   *
   * @param reader read to its end; closed by whoever opened it
   */
  CountedWords(DocumentReader reader, long maxRejected) {
    this.reader = reader;
    this.maxRejected = maxRejected;
  }

  @Override
  public boolean hasNext() {
    while (!ready.hasNext() && !ended) {
      fill();
    }
    return ready.hasNext();
  }

  @Override
  public Tuple2<String, Long> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Map.Entry<String, Count> word = ready.next();
    return new Tuple2<>(word.getKey(), word.getValue().value);
  }

  private void fill() {
    counts = new HashMap<>();
    while (!ended && counts.size() < MOST_WORDS) {
      ReadResult result = TaskReading.next(reader);
      if (result instanceof Document document) {
        count(document.utf8());
      } else if (result instanceof Rejection rejection) {
        reject(rejection);
      }
      ended = result == null;
    }
    ready = counts.entrySet().iterator();
  }

  private void count(byte[] text) {
    for (int start = 0; start < text.length; ) {
      int end = Gpt2Words.end(text, start, text.length);
      if (end - start <= LONGEST_WORD) {
        // A character for each byte: as small as the bytes, and compared as fast.
        add(new String(text, start, end - start, StandardCharsets.ISO_8859_1));
      }
      start = end;
    }
  }

  private void add(String word) {
    counts.computeIfAbsent(word, key -> new Count()).value++;
  }

  private void reject(Rejection rejection) {
    add(REJECTED);
    if (++rejected > maxRejected) {
      throw maxRejected == 0
          ? UserError.of(
              "%s; correct it, or leave out up to N damaged documents with --max-rejected N.",
              rejection.description().get())
          : UserError.of(
              "More than %d documents are damaged (--max-rejected), one of them: %s.",
              maxRejected, rejection.description().get());
    }
  }
}
