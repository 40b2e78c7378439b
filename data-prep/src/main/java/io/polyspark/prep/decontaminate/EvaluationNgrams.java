package io.polyspark.prep.decontaminate;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.filter.HashSet64;
import io.polyspark.prep.filter.NgramHashes;
import io.polyspark.prep.filter.TextStatistics;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;

/**
 * The n-grams of evaluation sets, as 64-bit hashes: some 16 to 32 bytes each, small enough to be on
 * every executor. Texts of fewer than n words have none and are not found; how many there are is
 * known.
 */
public final class EvaluationNgrams implements Serializable {
  /** GPT-3's. */
  public static final int DEFAULT_WORDS = 13;

  private static final long serialVersionUID = 1L;

  private final int words;
  private final HashSet64 hashes;
  private final long texts;
  private final long shortTexts;

  private EvaluationNgrams(int words, HashSet64 hashes, long texts, long shortTexts) {
    this.words = words;
    this.hashes = hashes;
    this.texts = texts;
    this.shortTexts = shortTexts;
  }

  /**
   * The n-grams of some texts.
   *
   * @param words n
   * @throws UserError if n is no number of words
   */
  public static EvaluationNgrams of(Iterator<String> texts, int words) {
    if (words < 1) {
      throw UserError.of("%s.words is %d; it must be at least 1.", Decontaminate.NAME, words);
    }
    LongStream.Builder all = LongStream.builder();
    long count = 0;
    long tooShort = 0;
    while (texts.hasNext()) {
      NgramHashes ngrams = TextStatistics.of(texts.next()).bareNgrams();
      count++;
      tooShort += ngrams.count(words) == 0 ? 1 : 0;
      for (long hash : ngrams.all(words)) {
        all.add(hash);
      }
    }
    return new EvaluationNgrams(words, HashSet64.of(all.build()), count, tooShort);
  }

  /**
   * The n-grams of evaluation sets in files: see {@link EvaluationTexts}.
   *
   * @throws UserError naming a file that cannot be read, and where none has a text long enough
   */
  public static EvaluationNgrams read(List<String> files, int words, Configuration configuration) {
    EvaluationNgrams ngrams = of(EvaluationTexts.read(files, configuration).iterator(), words);
    if (ngrams.size() == 0) {
      throw UserError.of(
          "The evaluation sets %s have no text of %d words or more; give other files, or fewer"
              + " words.",
          String.join(" ", files), words);
    }
    return ngrams;
  }

  /** Whether an evaluation set has an n-gram. */
  boolean contains(long hash) {
    return hashes.contains(hash);
  }

  /** Words of an n-gram. */
  public int words() {
    return words;
  }

  /** Different n-grams. */
  public int size() {
    return hashes.size();
  }

  /** Texts read. */
  public long texts() {
    return texts;
  }

  /** Texts among them that are too short to be found. */
  public long shortTexts() {
    return shortTexts;
  }
}
