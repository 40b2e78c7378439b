package io.polyspark.model.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HuggingFaceTokenizerTest {
  private static final Path NEOX =
      Path.of(System.getProperty("data.dir"), "tokenizers", "gpt-neox-olmo-dolma-v1_5.json");

  @Test
  void readsTheGptNeoxTokenizer() throws IOException {
    assumeTrue(Files.exists(NEOX), () -> NEOX + " is absent");
    byte[] json = Files.readAllBytes(NEOX);
    try (Tokenizer tokenizer = Tokenizer.load(json)) {
      assertThat(tokenizer.vocabSize()).isEqualTo(50_280);
      assertThat(tokenizer.endOfText()).isEqualTo(50_279);
      assertThat(tokenizer.sha256()).isEqualTo(Sha256.hex(json));
      assertThat(tokenizer.json()).isEqualTo(json);
      int[] ids = tokenizer.encode("Hello world, hello Spark!");
      assertThat(ids[0]).isEqualTo(12_092);
      assertThat(tokenizer.decode(ids)).isEqualTo("Hello world, hello Spark!");
      assertThat(tokenizer.encode("")).isEmpty();
    }
  }

  @Test
  void neitherPadsNorTruncatesNorAddsTokens() {
    String json =
        words("{\"id\": 2, \"content\": \"</s>\", \"special\": true}")
            .replace(
                "\"truncation\": null",
                "\"truncation\": {\"direction\": \"Right\", \"max_length\": 2, \"strategy\":"
                    + " \"LongestFirst\", \"stride\": 0}")
            .replace(
                "\"padding\": null",
                "\"padding\": {\"strategy\": {\"Fixed\": 8}, \"direction\": \"Right\","
                    + " \"pad_to_multiple_of\": null, \"pad_id\": 0, \"pad_type_id\": 0,"
                    + " \"pad_token\": \"a\"}");
    try (Tokenizer tokenizer = Tokenizer.load(json.getBytes(StandardCharsets.UTF_8))) {
      assertThat(tokenizer.encode("a b b a b")).containsExactly(0, 1, 1, 0, 1);
      assertThat(tokenizer.endOfText()).isEqualTo(2);
      assertThat(tokenizer.vocabSize()).isEqualTo(3);
    }
  }

  @Test
  void needsAnEndOfText() {
    byte[] json =
        words("{\"id\": 2, \"content\": \"<pad>\", \"special\": true}")
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Tokenizer.load(json))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            "The tokenizer has no end-of-text token among its added_tokens [<pad>]; add one of");
  }

  @Test
  void saysWhatIsNoTokenizer() {
    assertThatThrownBy(() -> Tokenizer.load("no JSON".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is no JSON");
    assertThatThrownBy(() -> Tokenizer.load("{}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no \"model\"");
    assertThatThrownBy(
            () ->
                Tokenizer.load(
                    words("{\"id\": 2, \"content\": \"</s>\"}")
                        .replace("WordLevel", "NoSuchModel")
                        .getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("cannot open the tokenizer.json");
  }

  /** A vocabulary of the words a and b, and one added token. */
  private static String words(String addedToken) {
    String flags =
        "\"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, ";
    return "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, \"added_tokens\": ["
        + addedToken.replace("{", "{" + flags)
        + "], \"normalizer\": null, \"pre_tokenizer\": {\"type\": \"Whitespace\"},"
        + " \"post_processor\": {\"type\": \"BertProcessing\", \"sep\": [\"b\", 1], \"cls\":"
        + " [\"a\", 0]}, \"decoder\": null, \"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\":"
        + " 0, \"b\": 1}, \"unk_token\": \"a\"}}";
  }
}
