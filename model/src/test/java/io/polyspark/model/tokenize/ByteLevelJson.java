package io.polyspark.model.tokenize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Small byte-level tokenizers to test with: the byte tokenizer's file, and what a test adds. */
final class ByteLevelJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final ObjectNode root;

  ByteLevelJson() {
    try {
      root = (ObjectNode) MAPPER.readTree(ByteTokenizer.JSON);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    preTokenizer().put("use_regex", true);
  }

  ObjectNode root() {
    return root;
  }

  ObjectNode preTokenizer() {
    return (ObjectNode) root.get("pre_tokenizer");
  }

  ObjectNode model() {
    return (ObjectNode) root.get("model");
  }

  /** Text is composed. */
  ByteLevelJson composed() {
    root.putObject("normalizer").put("type", "NFC");
    return this;
  }

  /** Merges, each of two tokens' names with a blank between them. */
  ByteLevelJson merges(String... merges) {
    for (String merge : merges) {
      ObjectNode vocabulary = (ObjectNode) model().get("vocab");
      String whole = merge.replace(" ", "");
      if (!vocabulary.has(whole)) {
        vocabulary.put(whole, vocabulary.size());
      }
      model().withArray("merges").add(merge);
    }
    return this;
  }

  /** Adds a token at the end of the vocabulary. */
  ByteLevelJson token(String content, boolean normalized) {
    ObjectNode vocabulary = (ObjectNode) model().get("vocab");
    ObjectNode token = root.withArray("added_tokens").addObject();
    token.put("id", vocabulary.size()).put("content", content).put("normalized", normalized);
    for (String name : new String[] {"single_word", "lstrip", "rstrip", "special"}) {
      token.put(name, false);
    }
    vocabulary.put(content, vocabulary.size());
    return this;
  }

  byte[] bytes() {
    try {
      return MAPPER.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
