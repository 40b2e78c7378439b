package io.polyspark.prep.tokenizer;

import java.util.List;

/**
 * A trained byte-pair encoding.
 *
 * @param tokens what each id stands for, as a {@code tokenizer.json} spells it
 * @param merges in their order, each of two tokens with a blank between them
 */
record BpeVocabulary(List<String> tokens, List<String> merges) {}
