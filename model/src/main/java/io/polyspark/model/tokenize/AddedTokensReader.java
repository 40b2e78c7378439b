package io.polyspark.model.tokenize;

import static io.polyspark.model.tokenize.BpeModelReader.require;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the added tokens of a {@code tokenizer.json}, of which the library looks for some in the
 * text as it is and, in what is left, for the others in the composed text.
 */
final class AddedTokensReader {
  private static final List<String> SWITCHES =
      List.of("single_word", "lstrip", "rstrip", "normalized", "special");

  private final Map<String, Integer> vocabulary;
  private final boolean compose;
  private final Map<String, Integer> known = new HashMap<>();
  private final Map<String, Integer> ofText = new HashMap<>();
  private final Map<String, Integer> ofComposedText = new HashMap<>();
  private int largest = -1;
  private int bytes;

  /**
   * Starts with none.
   *
   * @param vocabulary the model's ids
   * @param compose whether text is composed
   */
  AddedTokensReader(Map<String, Integer> vocabulary, boolean compose) {
    this.vocabulary = vocabulary;
    this.compose = compose;
  }

  Map<String, Integer> tokensOfText() {
    return ofText;
  }

  Map<String, Integer> tokensOfComposedText() {
    return ofComposedText;
  }

  void read(JsonNode tokens) throws UnsupportedTokenizerException {
    require(tokens.isArray(), "it has no list of added tokens");
    Set<Integer> ids = new HashSet<>();
    for (JsonNode token : tokens) {
      require(
          token.size() == SWITCHES.size() + 2 && token.path("content").isTextual(),
          "the added token %s is not complete",
          token);
      for (String name : SWITCHES) {
        require(token.path(name).isBoolean(), "the added token %s has no %s", token, name);
      }
      for (String name : List.of("single_word", "lstrip", "rstrip")) {
        require(!token.path(name).asBoolean(), "the added token %s has %s", token, name);
      }
      String content = token.path("content").textValue();
      int id = token.path("id").asInt();
      require(!known.containsKey(content) && ids.add(id), "the added token %s comes twice", token);
      require(id == idInTheLibrary(content), "the added token %s has an id not its own", token);
      known.put(content, id);
      largest = Math.max(largest, id);
      add(content, id, token.path("normalized").asBoolean());
    }
  }

  private void add(String content, int id, boolean composed) throws UnsupportedTokenizerException {
    bytes += content.getBytes(StandardCharsets.UTF_8).length;
    require(bytes <= AddedTokens.MOST_BYTES, "it has many added tokens");
    if (!composed) {
      ofText.put(content, id);
      return;
    }
    String pattern = content;
    if (compose) {
      require(
          content.codePoints().noneMatch(LibraryUnicode::normalizesUnlikeJava),
          "the added token '%s' has characters newer than the library's",
          content);
      pattern = Normalizer.normalize(content, Normalizer.Form.NFC);
    }
    require(
        ofComposedText.put(pattern, id) == null, "the added token '%s' is another one's", content);
  }

  /** The library gives ids itself, whatever the file says: the model's, or the next one. */
  private int idInTheLibrary(String content) {
    Integer id = vocabulary.get(content);
    if (id != null) {
      return id;
    }
    return Math.max(largest + 1, vocabulary.size());
  }
}
