package io.polyspark.model.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ByteTokenizerTest {
  private static final String TEXT =
      "Grüße, 世界! \u0000\t\r\n  two  spaces\u00a0🙂 don't 3.14\n\n\u00ad\u007f\u0085 end ";

  private final ByteTokenizer bytes = new ByteTokenizer();

  @Test
  void idsAreTheBytesOfUtf8() {
    assertThat(bytes.encode("aé")).containsExactly('a', 0xc3, 0xa9);
    assertThat(bytes.decode(bytes.encode(TEXT))).isEqualTo(TEXT);
    assertThat(bytes.decode(new int[] {'a', 256, 0xc3})).isEqualTo("a\ufffd");
  }

  @Test
  void theTokenizersLibraryGivesTheSameIds() {
    try (HuggingFaceTokenizer library = new HuggingFaceTokenizer(bytes.json(), "the bytes")) {
      assertThat(library.vocabSize()).isEqualTo(257);
      assertThat(library.endOfText()).isEqualTo(256);
      assertThat(library.encode(TEXT)).isEqualTo(bytes.encode(TEXT));
      assertThat(library.decode(bytes.encode(TEXT))).isEqualTo(TEXT);
      String everyCharacterBelow0x800 =
          IntStream.range(0, 0x800)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      assertThat(library.encode(everyCharacterBelow0x800))
          .isEqualTo(bytes.encode(everyCharacterBelow0x800));
    }
  }

  @Test
  void isRecognizedByItsJson() {
    try (Tokenizer loaded = Tokenizer.load(bytes.json())) {
      assertThat(loaded).isInstanceOf(ByteTokenizer.class);
      assertThat(loaded.sha256()).isEqualTo(bytes.sha256()).hasSize(64);
    }
  }
}
