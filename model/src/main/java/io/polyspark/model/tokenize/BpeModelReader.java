package io.polyspark.model.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the byte-level byte-pair encodings that {@link ByteLevelBpe} knows exactly from a {@code
 * tokenizer.json} that has been checked. Whatever is not listed here is unsupported, so that a file
 * that this reader takes is one that the library opens too.
 */
final class BpeModelReader {
  private static final Set<String> PARTS =
      Set.of(
          "version",
          "truncation",
          "padding",
          "added_tokens",
          "normalizer",
          "pre_tokenizer",
          "post_processor",
          "decoder",
          "model");
  private static final Set<String> MODEL_PARTS =
      Set.of(
          "type",
          "dropout",
          "unk_token",
          "continuing_subword_prefix",
          "end_of_word_suffix",
          "fuse_unk",
          "byte_fallback",
          "ignore_merges",
          "vocab",
          "merges");
  private static final Set<String> BYTE_LEVEL_PARTS =
      Set.of("type", "add_prefix_space", "trim_offsets", "use_regex");

  /** Of bytes that no text has. */
  private static final int NO_TOKEN = -1;

  private final JsonNode root;
  private final JsonNode model;
  private final Map<String, Integer> vocabulary = new HashMap<>();

  private BpeModelReader(JsonNode root) {
    this.root = root;
    this.model = root.path("model");
  }

  /**
   * Reads a tokenizer.
   *
   * @param root as {@link TokenizerJson} leaves it
   * @throws UnsupportedTokenizerException with the reason, if only the library can do it
   */
  static BpeModel read(JsonNode root) throws UnsupportedTokenizerException {
    return new BpeModelReader(root).read();
  }

  private BpeModel read() throws UnsupportedTokenizerException {
    requireOnly(root, PARTS, "the file");
    require(root.path("version").asText().equals("1.0"), "its version is not 1.0");
    boolean compose = compose(root.path("normalizer"));
    JsonNode words = root.path("pre_tokenizer");
    requireByteLevel(words, "pre_tokenizer");
    if (!absent(root.path("decoder"))) {
      requireByteLevel(root.path("decoder"), "decoder");
    }
    checkModel();
    readVocabulary();
    AddedTokensReader added = new AddedTokensReader(vocabulary, compose);
    added.read(root.path("added_tokens"));
    return new BpeModel(
        merges(),
        model.path("ignore_merges").asBoolean() ? Map.copyOf(vocabulary) : Map.of(),
        new AddedTokens(added.tokensOfText()),
        new AddedTokens(added.tokensOfComposedText()),
        compose,
        words.path("add_prefix_space").asBoolean(),
        words.path("use_regex").asBoolean(true));
  }

  private static boolean compose(JsonNode normalizer) throws UnsupportedTokenizerException {
    if (absent(normalizer)) {
      return false;
    }
    require(
        normalizer.path("type").asText().equals("NFC") && normalizer.size() == 1,
        "its normalizer is %s",
        normalizer);
    return true;
  }

  private static void requireByteLevel(JsonNode part, String name)
      throws UnsupportedTokenizerException {
    require(part.path("type").asText().equals("ByteLevel"), "its %s is not ByteLevel", name);
    requireOnly(part, BYTE_LEVEL_PARTS, "its " + name);
    require(
        part.path("add_prefix_space").isBoolean()
            && part.path("trim_offsets").isBoolean()
            && isBooleanOrMissing(part.path("use_regex")),
        "its %s is not complete",
        name);
  }

  private void checkModel() throws UnsupportedTokenizerException {
    requireOnly(model, MODEL_PARTS, "its model");
    require(model.path("type").asText().equals("BPE"), "its model is not BPE");
    require(absent(model.path("dropout")), "its merges drop out");
    for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      require(
          absent(model.path(affix)) || isText(model.path(affix), ""), "its model has a %s", affix);
    }
    // What no token stands for is never met where every byte has one.
    require(
        absent(model.path("unk_token")) || model.path("unk_token").isTextual(),
        "its unk_token is no text");
    require(
        isBooleanOrMissing(model.path("fuse_unk"))
            && isBooleanOrMissing(model.path("byte_fallback"))
            && isBooleanOrMissing(model.path("ignore_merges")),
        "a switch of its model is neither true nor false");
    require(!model.path("byte_fallback").asBoolean(), "its model falls back on bytes");
    require(model.path("vocab").isObject() && model.path("merges").isArray(), "it has no merges");
  }

  private void readVocabulary() throws UnsupportedTokenizerException {
    BitSet ids = new BitSet();
    for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
      int id = entry.getValue().asInt();
      require(!ids.get(id), "two tokens have the id %d", id);
      ids.set(id);
      vocabulary.put(entry.getKey(), id);
    }
  }

  private int[] byteIds() throws UnsupportedTokenizerException {
    int[] ids = new int[256];
    for (int value = 0; value < ids.length; value++) {
      Integer id = vocabulary.get(Character.toString(ByteAlphabet.name((byte) value)));
      require(id != null || !occurs(value), "the byte %d has no token", value);
      ids[value] = id == null ? NO_TOKEN : id;
    }
    return ids;
  }

  /** Whether a byte is part of any character's UTF-8. */
  private static boolean occurs(int value) {
    return value < 0xc0 || (value > 0xc1 && value < 0xf5);
  }

  private MergeTable merges() throws UnsupportedTokenizerException {
    JsonNode list = model.path("merges");
    MergeTable merges = new MergeTable(byteIds(), list.size());
    boolean pairs = list.path(0).isArray();
    int rank = 0;
    for (JsonNode merge : list) {
      List<String> parts = pairs ? pair(merge) : line(merge);
      Integer left = vocabulary.get(parts.get(0));
      Integer right = vocabulary.get(parts.get(1));
      Integer whole = vocabulary.get(parts.get(0) + parts.get(1));
      require(left != null && right != null && whole != null, "the merge %s has no tokens", merge);
      merges.put(left, right, rank++, whole);
    }
    return merges;
  }

  private static List<String> pair(JsonNode merge) throws UnsupportedTokenizerException {
    require(
        merge.size() == 2 && merge.path(0).isTextual() && merge.path(1).isTextual(),
        "%s is no merge",
        merge);
    return List.of(merge.path(0).textValue(), merge.path(1).textValue());
  }

  private static List<String> line(JsonNode merge) throws UnsupportedTokenizerException {
    String text = merge.isTextual() ? merge.textValue() : "";
    int space = text.indexOf(' ');
    // The library takes a line that starts so for the head of a file.
    require(
        space >= 0 && text.indexOf(' ', space + 1) < 0 && !text.startsWith("#version"),
        "%s is no merge",
        merge);
    return List.of(text.substring(0, space), text.substring(space + 1));
  }

  private static boolean absent(JsonNode part) {
    return part.isMissingNode() || part.isNull();
  }

  private static boolean isText(JsonNode part, String text) {
    return part.isTextual() && part.textValue().equals(text);
  }

  private static boolean isBooleanOrMissing(JsonNode part) {
    return part.isMissingNode() || part.isBoolean();
  }

  private static void requireOnly(JsonNode part, Set<String> names, String what)
      throws UnsupportedTokenizerException {
    List<String> others = new ArrayList<>();
    part.fieldNames().forEachRemaining(others::add);
    others.removeAll(names);
    require(others.isEmpty(), "%s has %s", what, others);
  }

  static void require(boolean holds, String format, Object... arguments)
      throws UnsupportedTokenizerException {
    if (!holds) {
      throw new UnsupportedTokenizerException(format, arguments);
    }
  }
}
