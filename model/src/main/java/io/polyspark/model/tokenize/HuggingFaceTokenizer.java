package io.polyspark.model.tokenize;

import ai.djl.huggingface.tokenizers.Encoding;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.config.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Any tokenizer that a Hugging Face {@code tokenizer.json} describes, run by the tokenizers library
 * itself through DJL. The native library travels in DJL's jar: nothing is fetched.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
  /** What the end of text is called, the most particular first. */
  private static final List<String> END_OF_TEXT_NAMES =
      List.of("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "[EOS]", "<|eos|>");

  /** No padding, no truncation: ids are the text's and nobody else's. */
  private static final Map<String, String> OPTIONS =
      Map.of("padding", "false", "truncation", "false", "addSpecialTokens", "false");

  static {
    // Else DJL looks for a GPU build of the library on its own server, and reports its use.
    System.setProperty("ai.djl.offline", "true");
  }

  private final byte[] json;
  private final String sha256;
  private final int vocabSize;
  private final int endOfText;
  private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer library;

  /**
   * @param json a {@code tokenizer.json}; copied
   */
  public HuggingFaceTokenizer(byte[] json) {
    this.json = json.clone();
    this.sha256 = Sha256.hex(json);
    Map<String, Integer> addedTokens = new HashMap<>();
    this.vocabSize = readVocabulary(parse(json), addedTokens);
    this.endOfText =
        END_OF_TEXT_NAMES.stream()
            .filter(addedTokens::containsKey)
            .findFirst()
            .map(addedTokens::get)
            .orElseThrow(
                () ->
                    UserError.of(
                        "The tokenizer has no end-of-text token among its added_tokens %s; add one"
                            + " of %s.",
                        addedTokens.keySet().stream().sorted().toList(), END_OF_TEXT_NAMES));
    try {
      this.library =
          ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(json), OPTIONS);
    } catch (IOException | RuntimeException e) {
      throw new UserError(
          "The tokenizers library cannot open the tokenizer.json: " + e.getMessage() + ".", e);
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
    Encoding encoding = library.encode(text, false, false);
    long[] ids = encoding.getIds();
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
    return library.decode(wide, true);
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

  private static JsonNode parse(byte[] json) {
    try {
      JsonNode root = new ObjectMapper().readTree(json);
      if (root.path("model").isObject()) {
        return root;
      }
    } catch (IOException e) {
      throw new UserError(
          "The tokenizer is no JSON: give a tokenizer.json of Hugging Face's format.", e);
    }
    throw new UserError(
        "The tokenizer's JSON has no \"model\": give a tokenizer.json of Hugging Face's format.");
  }

  /** Fills the added tokens and returns one more than the largest id. */
  private static int readVocabulary(JsonNode root, Map<String, Integer> addedTokens) {
    int largest = -1;
    for (JsonNode token : root.path("added_tokens")) {
      int id = token.path("id").asInt(-1);
      addedTokens.put(token.path("content").asText(), id);
      largest = Math.max(largest, id);
    }
    JsonNode vocabulary = root.path("model").path("vocab");
    if (vocabulary.isArray()) {
      // A unigram model lists its pieces in the order of their ids.
      return Math.max(largest + 1, vocabulary.size());
    }
    for (JsonNode id : vocabulary) {
      largest = Math.max(largest, id.asInt(-1));
    }
    return largest + 1;
  }
}
