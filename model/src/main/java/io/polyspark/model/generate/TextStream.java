package io.polyspark.model.generate;

import io.polyspark.model.tokenize.Tokenizer;
import java.util.Arrays;

/**
 * Turns tokens that arrive one by one into text that never ends within a character. A character may
 * be spread over several tokens, and what a token reads may depend on the one before it; so tokens
 * are decoded together with those of the last piece, and held back while they end in U+FFFD, as
 * which a tokenizer decodes a character's first bytes.
 */
final class TextStream {
  private static final String REPLACEMENT = "\uFFFD";

  /** Tokens of the prompt that the first generated one is decoded with. */
  private static final int PROMPT_TOKENS = 8;

  private final Tokenizer tokenizer;

  /** The tokens of the last piece given out, and those held back after them. */
  private int[] tokens;

  /** The text of the last piece. */
  private String given;

  private int givenTokens;

  /**
   * @param tokenizer not closed
   * @param prompt the tokens before the first generated one
   */
  TextStream(Tokenizer tokenizer, int[] prompt) {
    this.tokenizer = tokenizer;
    keep(Arrays.copyOfRange(prompt, Math.max(0, prompt.length - PROMPT_TOKENS), prompt.length));
  }

  /** The text that a token completes, often that of the token itself, or nothing. */
  String add(int token) {
    tokens = Arrays.copyOf(tokens, tokens.length + 1);
    tokens[tokens.length - 1] = token;
    String text = tokenizer.decode(tokens);
    if (text.endsWith(REPLACEMENT) || text.length() <= given.length()) {
      return "";
    }
    String piece = text.substring(given.length());
    keep(Arrays.copyOfRange(tokens, givenTokens, tokens.length));
    return piece;
  }

  /** What was held back, without a character that was not finished. */
  String finish() {
    String text = tokenizer.decode(tokens);
    int end = text.length();
    while (end > given.length() && text.startsWith(REPLACEMENT, end - 1)) {
      end--;
    }
    return end > given.length() ? text.substring(given.length(), end) : "";
  }

  private void keep(int[] last) {
    tokens = last;
    givenTokens = last.length;
    given = tokenizer.decode(last);
  }
}
