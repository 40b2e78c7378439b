package io.polyspark.prep.tokenizer;

/**
 * What came of training a tokenizer.
 *
 * @param vocabularySize number of its tokens
 * @param merges number of its merges
 * @param words how many different words the text has
 * @param leastCount words that occur less often were left out, since there were too many; 1 if none
 *     was
 * @param sha256 of the file, in lower-case hexadecimal
 */
public record TrainedTokenizer(
    int vocabularySize, int merges, long words, long leastCount, String sha256) {}
