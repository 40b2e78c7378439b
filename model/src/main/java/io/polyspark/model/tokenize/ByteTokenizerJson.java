package io.polyspark.model.tokenize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@code tokenizer.json} of the byte tokenizer, in the format of Hugging Face's tokenizers
 * library: a BPE model without merges, whose vocabulary gives each byte's printable name in GPT-2's
 * byte alphabet the value of the byte as its id.
 */
final class ByteTokenizerJson {
  private static final String END_OF_TEXT = "<|endoftext|>";

  private ByteTokenizerJson() {}

  static byte[] bytes() {
    Map<String, Object> byteLevel = new LinkedHashMap<>();
    byteLevel.put("type", "ByteLevel");
    byteLevel.put("add_prefix_space", false);
    byteLevel.put("trim_offsets", true);
    byteLevel.put("use_regex", false);

    Map<String, Object> endOfText = new LinkedHashMap<>();
    endOfText.put("id", ByteTokenizer.END_OF_TEXT);
    endOfText.put("content", END_OF_TEXT);
    for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
      endOfText.put(flag, false);
    }
    endOfText.put("special", true);

    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", "1.0");
    json.put("truncation", null);
    json.put("padding", null);
    json.put("added_tokens", List.of(endOfText));
    json.put("normalizer", null);
    json.put("pre_tokenizer", byteLevel);
    json.put("post_processor", null);
    json.put("decoder", byteLevel);
    json.put("model", model());
    try {
      return new ObjectMapper().writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings and numbers is always JSON", e);
    }
  }

  private static Map<String, Object> model() {
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    model.put("dropout", null);
    model.put("unk_token", null);
    model.put("continuing_subword_prefix", null);
    model.put("end_of_word_suffix", null);
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("vocab", vocabulary());
    model.put("merges", List.of());
    return model;
  }

  private static Map<String, Integer> vocabulary() {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (int value = 0; value < 256; value++) {
      vocabulary.put(Character.toString(ByteAlphabet.name((byte) value)), value);
    }
    vocabulary.put(END_OF_TEXT, ByteTokenizer.END_OF_TEXT);
    return vocabulary;
  }
}
