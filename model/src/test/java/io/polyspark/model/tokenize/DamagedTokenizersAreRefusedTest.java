package io.polyspark.model.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.config.UserError;
import io.polyspark.model.read.DamagedFile;
import io.polyspark.model.read.Mutations;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tokenizers of three kinds, damaged in thousands of ways. What passes the checks in Java is opened
 * by the native library, where a panic would end this JVM, and takes a text there and back.
 */
class DamagedTokenizersAreRefusedTest {
  private static final String TEXT = "Hallo ab, abba! 12\n\u00e9\u4e16 </s>";

  @TempDir Path directory;

  /** What the encoder in Java takes, the library takes too, and gives the same ids. */
  @Test
  void theLibraryOpensWhatTheEncoderOpens() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    ByteLevelJson json = new ByteLevelJson().composed().merges("a b", "b a", "l l", "ab ba");
    Files.write(file, json.token("</s>", false).token("12", true).bytes());
    Mutations mutations = new Mutations(12);
    new DamagedFile(file, file.toString(), () -> compare(file)).read(500, mutations::ofJson);
  }

  private static void compare(Path file) throws IOException {
    byte[] json = WholeFile.read(file, ReadLimits.TOKENIZER);
    try (Tokenizer tokenizer = Tokenizer.load(json, file.toString())) {
      if (tokenizer instanceof ByteLevelBpe) {
        try (Tokenizer library = new HuggingFaceTokenizer(json, file.toString())) {
          assertThat(tokenizer.encode(TEXT)).isEqualTo(library.encode(TEXT));
        } catch (UserError e) {
          throw new AssertionError("the library does not open it", e);
        }
      }
      tokenizer.decode(tokenizer.encode(TEXT));
    }
  }

  @ParameterizedTest
  @CsvSource({"byte-pairs, 9, 700", "word-pieces, 10, 400", "unigrams, 11, 400"})
  void tokenizers(String kind, long seed, int times) throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(file, json(kind));
    Mutations mutations = new Mutations(seed);
    new DamagedFile(file, file.toString(), () -> read(file)).read(times, mutations::ofJson);
  }

  private static void read(Path file) throws IOException {
    byte[] json = WholeFile.read(file, ReadLimits.TOKENIZER);
    try (Tokenizer tokenizer = Tokenizer.load(json, file.toString())) {
      tokenizer.decode(tokenizer.encode(TEXT));
      tokenizer.decode(new int[0]);
      tokenizer.decode(new int[] {tokenizer.vocabSize() - 1, 0});
    }
  }

  private static String json(String kind) {
    String parts =
        switch (kind) {
          case "byte-pairs" ->
              """
              "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}]},
              "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": "[0-9]{1,3}"}, "behavior": "Isolated", "invert": false},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
              "post_processor": {"type": "TemplateProcessing",
                "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"</s>": {"id": "</s>", "ids": [9], "tokens": ["</s>"]}}},
              "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
              "model": {"type": "BPE", "dropout": null, "unk_token": "a", "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                "vocab": {"a": 0, "b": 1, "H": 2, "l": 3, "o": 4, "ab": 5, "ba": 6, "abba": 7, "ll": 8, "</s>": 9},
                "merges": ["a b", "b a", "l l", "ab ba"]}
              """;
          case "word-pieces" ->
              """
              "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": null, "lowercase": true},
              "pre_tokenizer": {"type": "BertPreTokenizer"},
              "post_processor": {"type": "BertProcessing", "sep": ["</s>", 9], "cls": ["a", 0]},
              "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
              "model": {"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": {"a": 0, "##b": 1, "b": 2, "hallo": 3, "##a": 4, ",": 5, "</s>": 9}}
              """;
          default ->
              """
              "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
              "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": true},
              "post_processor": null,
              "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
              "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab": [
                ["<unk>", 0.0], ["\u2581", -1.5], ["a", -2.0], ["b", -2.5], ["ab", -3.25], ["Hallo", -4.0], ["</s>", 0]]}
              """;
        };
    String json =
        """
        {"version": "1.0",
         "truncation": {"direction": "Right", "max_length": 64, "strategy": "LongestFirst", "stride": 0},
         "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
           "pad_type_id": 0, "pad_token": "a"},
         "added_tokens": [{"id": END, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false,
           "normalized": false, "special": true}],
        """
            .replace("END", kind.equals("unigrams") ? "6" : "9");
    return json + parts + "}";
  }
}
