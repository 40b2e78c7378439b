package io.polyspark.model.tokenize;

import java.util.Map;

/**
 * What a byte-level tokenizer encodes by. Never changed, shared by threads.
 *
 * @param merges of bytes' ids
 * @param wholeWords ids of the tokens that a word may be without any merge, by their names in
 *     {@link ByteAlphabet}; empty unless the file says {@code ignore_merges}
 * @param tokensOfText added tokens that are looked for in the text as it is
 * @param tokensOfComposedText added tokens that are looked for after it is composed
 * @param compose whether text is brought into Unicode's form NFC
 * @param prefixSpace whether what does not start with a space gets one
 * @param cutWords whether text is cut into GPT-2's words, or merged as a whole
 */
record BpeModel(
    MergeTable merges,
    Map<String, Integer> wholeWords,
    AddedTokens tokensOfText,
    AddedTokens tokensOfComposedText,
    boolean compose,
    boolean prefixSpace,
    boolean cutWords) {}
