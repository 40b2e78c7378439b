package io.polyspark.model.tokenize;

import io.polyspark.model.config.UserError;
import java.util.Arrays;
import java.util.List;

/**
 * Text to token ids and back. A tokenizer is identified by the SHA-256 of its {@code
 * tokenizer.json}, which travels with every corpus and checkpoint, so that a model is never fed ids
 * of another vocabulary. Implementations may be shared by threads.
 */
public interface Tokenizer extends AutoCloseable {
  /** What the end of text is called, the most particular first. */
  List<String> END_OF_TEXT_NAMES =
      List.of("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "[EOS]", "<|eos|>");

  /** Number of ids, V: every id is in {@code [0, V)}. */
  int vocabSize();

  /** The id that separates documents. */
  int endOfText();

  /**
   * The ids of a text, and of nothing else: no beginning or end of text is added.
   *
   * @return a new array
   */
  int[] encode(String text);

  /**
   * The text of ids; bytes that are no UTF-8 (a character cut in two) become U+FFFD and the end of
   * text becomes nothing.
   */
  String decode(int[] ids);

  /** SHA-256 of {@link #json()}, in lower-case hexadecimal. */
  String sha256();

  /** A copy of the {@code tokenizer.json} that describes this tokenizer to other tools. */
  byte[] json();

  @Override
  void close();

  /**
   * Opens the tokenizer that a {@code tokenizer.json} describes. Which implementation turns text
   * into ids follows from the file, and does not change them: {@link ByteTokenizer} for its own,
   * {@link ByteLevelBpe} for what it knows exactly, the tokenizers library for all else.
   *
   * @throws UserError if it describes none
   */
  static Tokenizer load(byte[] json) {
    return load(json, "The tokenizer");
  }

  /**
   * As {@link #load(byte[])}.
   *
   * @param source where the bytes come from, for messages
   */
  static Tokenizer load(byte[] json, String source) {
    return Arrays.equals(json, ByteTokenizer.JSON)
        ? new ByteTokenizer()
        : ByteLevelBpe.orLibrary(json, source);
  }
}
