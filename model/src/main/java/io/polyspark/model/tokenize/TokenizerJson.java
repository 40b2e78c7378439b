package io.polyspark.model.tokenize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.StrictJson;
import io.polyspark.model.read.WholeFile;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a {@code tokenizer.json} says, checked before the native library sees it. The library
 * answers most damage with an error, but a panic within it ends the JVM: what is known to bring one
 * about is refused here.
 *
 * @param vocabSize one more than the largest id
 * @param addedTokens ids of the added tokens by what they stand for
 * @param root the same without truncation, padding and what is put around a text, since ids here
 *     are the text's and nobody else's
 */
record TokenizerJson(int vocabSize, Map<String, Integer> addedTokens, JsonNode root) {

  private static final List<String> PARTS_OF_OTHERS =
      List.of("truncation", "padding", "post_processor");
  private static final int MOST_TOKEN_CHARACTERS = 1000;
  private static final int MOST_PATTERN_CHARACTERS = 10_000;
  private static final int MOST_BRACKETS = 256;

  private static final ObjectMapper JSON = StrictJson.builder().build();

  /**
   * Reads and checks.
   *
   * @param source what to call it in a message
   * @throws UserError if it is not of Hugging Face's format
   */
  static TokenizerJson read(byte[] json, String source) {
    try {
      return new Reader(source).read(JSON.readTree(WholeFile.utf8(json, source)));
    } catch (JsonProcessingException e) {
      throw new UserError(
          String.format(
              "%s is no JSON (%s): give a tokenizer.json of Hugging Face's format.",
              source, StrictJson.reason(e)),
          e);
    }
  }

  /** What the library is to be given. */
  String library() {
    return root.toString();
  }

  /**
   * The id of the end of text.
   *
   * @param source what to call the tokenizer in a message
   * @throws UserError if it has none
   */
  int endOfText(String source) {
    return Tokenizer.END_OF_TEXT_NAMES.stream()
        .filter(addedTokens::containsKey)
        .findFirst()
        .map(addedTokens::get)
        .orElseThrow(
            () ->
                UserError.of(
                    "%s has no end-of-text token among its added_tokens %s; add one of %s.",
                    source,
                    addedTokens.keySet().stream().sorted().toList(),
                    Tokenizer.END_OF_TEXT_NAMES));
  }

  private static final class Reader {
    private final String source;
    private final CharsetEncoder utf8 = StandardCharsets.UTF_8.newEncoder();
    private final Map<String, Integer> addedTokens = new LinkedHashMap<>();
    private int largest = -1;

    Reader(String source) {
      this.source = source;
    }

    TokenizerJson read(JsonNode root) {
      JsonNode model = root.path("model");
      require(model.isObject(), "its JSON has no \"model\"");
      checkText(root);
      for (JsonNode token : root.path("added_tokens")) {
        String content = token.path("content").asText();
        require(!content.isEmpty(), "an added token has no content");
        checkLength(content);
        addedTokens.put(content, id(token.path("id"), content));
      }
      PARTS_OF_OTHERS.forEach(part -> ((ObjectNode) root).putNull(part));
      for (String part : List.of("normalizer", "pre_tokenizer", "decoder")) {
        checkNumbers(root.path(part), part);
        checkPatterns(root.path(part), part);
      }
      checkStrips(root.path("decoder"));
      vocabulary(model);
      checkMerges(model);
      return new TokenizerJson(largest + 1, Map.copyOf(addedTokens), root);
    }

    /** Half of a surrogate pair, which an escape may name, is no text to the library. */
    private void checkText(JsonNode part) {
      require(!part.isTextual() || utf8.canEncode(part.textValue()), "%s is no Unicode text", part);
      for (Map.Entry<String, JsonNode> entry : part.properties()) {
        require(utf8.canEncode(entry.getKey()), "the key '%s' is no Unicode text", entry.getKey());
      }
      for (JsonNode child : part) {
        checkText(child);
      }
    }

    private void vocabulary(JsonNode model) {
      JsonNode vocabulary = model.path("vocab");
      if (vocabulary.isArray()) {
        // A unigram model lists its pieces, each with its score, in the order of their ids.
        require(vocabulary.size() <= ReadLimits.VOCABULARY, "its vocabulary is too large");
        for (JsonNode piece : vocabulary) {
          require(
              piece.size() == 2
                  && piece.path(0).isTextual()
                  && piece.path(1).isNumber()
                  && Double.isFinite(piece.path(1).asDouble()),
              "the piece %s of its vocabulary is no text with a number",
              piece);
          checkLength(piece.path(0).textValue());
        }
        largest = Math.max(largest, vocabulary.size() - 1);
      } else {
        require(vocabulary.isObject(), "its model has no \"vocab\"");
        for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
          id(entry.getValue(), entry.getKey());
          checkLength(entry.getKey());
        }
      }
    }

    /** The library's trees are as deep as their longest token, and taken apart by recursion. */
    private void checkLength(String token) {
      require(
          token.length() <= MOST_TOKEN_CHARACTERS,
          "a token has %d characters, more than %d",
          token.length(),
          MOST_TOKEN_CHARACTERS);
    }

    private int id(JsonNode id, String of) {
      require(
          isWhole(id) && id.asLong() < ReadLimits.VOCABULARY,
          "the id of '%s' is %s, not a whole number below %d",
          of,
          id,
          ReadLimits.VOCABULARY);
      largest = Math.max(largest, id.asInt());
      return id.asInt();
    }

    /** The library adds lengths and counts of these parts without asking whether they can be. */
    private void checkNumbers(JsonNode part, String name) {
      if (part.isNumber()) {
        require(
            isWhole(part) && part.asLong() < ReadLimits.VOCABULARY,
            "its %s has the number %s",
            name,
            part);
      }
      require(
          !part.path("type").asText().equals("FixedLength") || part.path("length").asLong() > 0,
          "its %s cuts text into pieces of length 0",
          name);
      for (JsonNode child : part) {
        checkNumbers(child, name);
      }
    }

    /** The library's regular expressions recurse, and compile what they are given. */
    private void checkPatterns(JsonNode part, String name) {
      String pattern = part.path("Regex").asText();
      long brackets = pattern.chars().filter(c -> c == '[' || c == '(').count();
      require(
          pattern.length() <= MOST_PATTERN_CHARACTERS && brackets <= MOST_BRACKETS,
          "its %s has a pattern of %d characters and %d brackets",
          name,
          pattern.length(),
          brackets);
      for (JsonNode child : part) {
        checkPatterns(child, name);
      }
    }

    /** The library takes a token to have as many characters as are to be cut off its end. */
    private void checkStrips(JsonNode decoder) {
      require(
          !decoder.path("type").asText().equals("Strip") || decoder.path("stop").asLong() == 0,
          "its decoder strips characters off the ends of tokens");
      for (JsonNode child : decoder) {
        checkStrips(child);
      }
    }

    /** The library cuts as many bytes off the second part of a merge as the prefix has. */
    private void checkMerges(JsonNode model) {
      String prefix = model.path("continuing_subword_prefix").asText("");
      if (!model.path("continuing_subword_prefix").isTextual() || prefix.isEmpty()) {
        return;
      }
      for (JsonNode merge : model.path("merges")) {
        String second =
            merge.isTextual()
                ? merge.asText().substring(merge.asText().indexOf(' ') + 1)
                : merge.path(1).asText();
        require(
            second.startsWith(prefix),
            "the merge %s goes on with no '%s', its continuing_subword_prefix",
            merge,
            prefix);
      }
    }

    private static boolean isWhole(JsonNode number) {
      return number.isIntegralNumber() && number.canConvertToLong() && number.asLong() >= 0;
    }

    private void require(boolean holds, String what, Object... arguments) {
      if (!holds) {
        throw UserError.of(
            "%s is no tokenizer (%s): give a tokenizer.json of Hugging Face's format.",
            source, String.format(what, arguments));
      }
    }
  }
}
