package io.polyspark.model.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tokenize.ByteTokenizer;
import io.polyspark.model.tokenize.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextStreamTest {
  private final Tokenizer tokenizer = new ByteTokenizer();
  private final TextStream stream = new TextStream(tokenizer, tokenizer.encode("Prompt with é"));

  @Test
  void aCharacterComesOnceItsLastByteIsThere() {
    assertThat(add("aé€😀b")).containsExactly("a", "", "é", "", "", "€", "", "", "", "😀", "b");
    assertThat(stream.finish()).isEmpty();
  }

  @Test
  void longTextIsGivenOutOnce() {
    String text = "Größe 😀 ".repeat(50);
    assertThat(String.join("", add(text)) + stream.finish()).isEqualTo(text);
  }

  @Test
  void anUnfinishedCharacterAtTheEndIsLeftOut() {
    assertThat(stream.add('a')).isEqualTo("a");
    assertThat(stream.add(0xf0)).isEmpty();
    assertThat(stream.add(0x9f)).isEmpty();
    assertThat(stream.finish()).isEmpty();
  }

  @Test
  void bytesThatAreNoTextDoNotHoldUpWhatFollows() {
    assertThat(stream.add(0xff)).isEmpty();
    assertThat(stream.add(0xc3)).isEmpty();
    assertThat(stream.add('a')).isEqualTo("\uFFFD\uFFFDa");
    assertThat(stream.add('b')).isEqualTo("b");
  }

  @Test
  void aCharacterOfTextThatReadsLikeAnUnfinishedOneComesWithTheNext() {
    assertThat(add("\uFFFDz")).containsExactly("", "", "", "\uFFFDz");
  }

  @Test
  void anEmptyPromptIsFine() {
    TextStream fresh = new TextStream(tokenizer, new int[] {tokenizer.endOfText()});
    assertThat(fresh.add('a')).isEqualTo("a");
    assertThat(fresh.finish()).isEmpty();
  }

  private List<String> add(String text) {
    List<String> pieces = new ArrayList<>();
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      pieces.add(stream.add(octet & 0xff));
    }
    return pieces;
  }
}
