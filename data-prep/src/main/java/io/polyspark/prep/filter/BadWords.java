package io.polyspark.prep.filter;

import io.polyspark.model.config.UserError;
import io.polyspark.model.read.WholeFile;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Removes pages with a word or phrase of a list (C4, arXiv 1910.10683, section 2.2). Words are runs
 * of letters and digits in lower case, in the list as in the text: "Bad-word!" matches the phrase
 * "bad word". Lists for languages without spaces between words do not fit this rule.
 */
public final class BadWords implements Stage {
  /** The name of the stage. */
  public static final String NAME = "bad_words";

  private static final long serialVersionUID = 1L;
  private static final int LARGEST_LIST = 16 << 20;

  /** The hashes of the phrases by their number of words. */
  private final TreeMap<Integer, HashSet64> phrases = new TreeMap<>();

  /**
   * A list of words and phrases.
   *
   * @throws UserError if none of them has a letter or a digit
   */
  public BadWords(List<String> list) {
    TreeMap<Integer, LongStream.Builder> byLength = new TreeMap<>();
    for (String phrase : list) {
      NgramHashes words = BareWords.runs(phrase);
      if (words.words() > 0) {
        byLength
            .computeIfAbsent(words.words(), length -> LongStream.builder())
            .add(words.all(words.words())[0]);
      }
    }
    if (byLength.isEmpty()) {
      throw new UserError("The list of bad words is empty; give one word or phrase a line.");
    }
    byLength.forEach((length, hashes) -> phrases.put(length, HashSet64.of(hashes.build())));
  }

  /**
   * Reads a list: UTF-8, one word or phrase a line, on any Hadoop file system.
   *
   * @throws UserError naming a file that cannot be read or has nothing in it
   */
  public static BadWords read(String file, Configuration configuration) {
    Path path = new Path(file);
    byte[] bytes;
    try {
      bytes = WholeFile.read(path.getFileSystem(configuration), path, LARGEST_LIST);
    } catch (IOException e) {
      throw new UserError(
          "Cannot read the bad words in "
              + file
              + " ("
              + e.getMessage()
              + "); give the path of a UTF-8 file with one word or phrase a line.",
          e);
    }
    List<String> list = WholeFile.utf8(bytes, file).lines().toList();
    if (list.stream().allMatch(line -> BareWords.runs(line).words() == 0)) {
      throw UserError.of(
          "The list of bad words %s is empty; give a file with one word or phrase a line.", file);
    }
    return new BadWords(list);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Verdict apply(Candidate candidate) {
    NgramHashes words = BareWords.runs(candidate.text());
    boolean found =
        phrases.entrySet().stream()
            .anyMatch(entry -> contains(words, entry.getKey(), entry.getValue()));
    return Verdict.keepUnless(found ? Optional.of("listed") : Optional.empty(), candidate);
  }

  private static boolean contains(NgramHashes words, int length, HashSet64 listed) {
    for (long hash : words.all(length)) {
      if (listed.contains(hash)) {
        return true;
      }
    }
    return false;
  }
}
