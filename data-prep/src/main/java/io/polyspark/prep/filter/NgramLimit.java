package io.polyspark.prep.filter;

import java.io.Serializable;

/**
 * How much of a text n-grams of one length may take.
 *
 * @param words n, at least 1
 * @param share the largest share of the text's characters
 */
public record NgramLimit(int words, double share) implements Serializable {
  void check(String setting) {
    Share.checkAtLeast(GopherRepetition.NAME, setting + "'s number of words", words, 1);
    Share.check(GopherRepetition.NAME, setting + "." + words, share);
  }
}
