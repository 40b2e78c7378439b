package io.polyspark.model.tokenize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.StrictJson;
import io.polyspark.model.read.WholeFile;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a {@code tokenizer.json} says, checked before the native library sees it. The library
 * answers most damage with an error, but a panic within it ends the JVM: what is known to bring one
 * about is refused here.
 *
 * @param vocabSize one more than the largest id
 * @param addedTokens ids of the added tokens by what they stand for
 */
record TokenizerJson(int vocabSize, Map<String, Integer> addedTokens) {
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

  private static final class Reader {
    private final String source;
    private final Map<String, Integer> addedTokens = new LinkedHashMap<>();
    private int largest = -1;

    Reader(String source) {
      this.source = source;
    }

    TokenizerJson read(JsonNode root) {
      JsonNode model = root.path("model");
      require(model.isObject(), "its JSON has no \"model\"");
      for (JsonNode token : root.path("added_tokens")) {
        String content = token.path("content").asText();
        require(!content.isEmpty(), "an added token has no content");
        addedTokens.put(content, id(token.path("id"), content));
      }
      for (String part :
          new String[] {"truncation", "padding", "normalizer", "pre_tokenizer", "post_processor"}) {
        checkNumbers(root.path(part), part);
      }
      checkNumbers(root.path("decoder"), "decoder");
      checkStrips(root.path("decoder"));
      vocabulary(model);
      checkMerges(model);
      return new TokenizerJson(largest + 1, Map.copyOf(addedTokens));
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
        }
        largest = Math.max(largest, vocabulary.size() - 1);
      } else {
        require(vocabulary.isObject(), "its model has no \"vocab\"");
        for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
          id(entry.getValue(), entry.getKey());
        }
      }
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
