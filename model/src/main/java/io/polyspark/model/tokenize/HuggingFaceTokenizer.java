package io.polyspark.model.tokenize;

import io.polyspark.model.config.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Any tokenizer that a Hugging Face {@code tokenizer.json} describes, run by the tokenizers library
 * itself through DJL. The native library travels in DJL's jar: nothing is fetched.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
  /** No padding, no truncation: ids are the text's and nobody else's. */
  private static final Map<String, String> OPTIONS =
      Map.of("padding", "false", "truncation", "false", "addSpecialTokens", "false");

  static {
    // Else DJL looks for a GPU build of the library on its own server, and reports its use.
    System.setProperty("ai.djl.offline", "true");
  }

  private final String source;
  private final byte[] json;
  private final String sha256;
  private final int vocabSize;
  private final int endOfText;
  private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer library;

  /**
   * Opens a tokenizer.
   *
   * @param json a {@code tokenizer.json}; copied
   * @param source what to call it in a message
   * @throws UserError if it is no tokenizer, or has no end of text
   */
  public HuggingFaceTokenizer(byte[] json, String source) {
    this(json, TokenizerJson.read(json, source), source);
  }

  /** As the other, of what has been read already. */
  HuggingFaceTokenizer(byte[] json, TokenizerJson checked, String source) {
    this.source = source;
    this.json = json.clone();
    this.sha256 = Sha256.hex(json);
    this.vocabSize = checked.vocabSize();
    this.endOfText = checked.endOfText(source);
    try {
      this.library =
          ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(checked.library().getBytes(StandardCharsets.UTF_8)),
              OPTIONS);
    } catch (IOException | RuntimeException e) {
      throw new UserError(
          String.format(
              "%s is no tokenizer: the tokenizers library cannot open the tokenizer.json (%s); give"
                  + " another.",
              source, e.getMessage()),
          e);
    }
  }

  @Override
  public int vocabSize() {
    return vocabSize;
  }

  @Override
  public int endOfText() {
    return endOfText;
  }

  @Override
  public int[] encode(String text) {
    long[] ids;
    try {
      ids = library.encode(text, false, false).getIds();
    } catch (RuntimeException e) {
      throw failed("turn text into ids", e);
    }
    int[] result = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      result[i] = Math.toIntExact(ids[i]);
    }
    return result;
  }

  @Override
  public String decode(int[] ids) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    try {
      return library.decode(wide, true);
    } catch (RuntimeException e) {
      throw failed("turn ids into text", e);
    }
  }

  /** As by a word that it does not know, where it has no token for such words. */
  private UserError failed(String what, RuntimeException e) {
    return new UserError(
        String.format("%s cannot %s (%s); give another tokenizer.", source, what, e.getMessage()),
        e);
  }

  @Override
  public String sha256() {
    return sha256;
  }

  @Override
  public byte[] json() {
    return json.clone();
  }

  @Override
  public void close() {
    library.close();
  }
}
