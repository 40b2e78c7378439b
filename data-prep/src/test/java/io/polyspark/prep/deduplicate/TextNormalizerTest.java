package io.polyspark.prep.deduplicate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextNormalizerTest {
  @Test
  void composesAndCollapses() {
    TextNormalizer normalizer = new TextNormalizer(LetterCase.KEPT);
    assertThat(normalizer.normalize(" \u00a0Cafe\u0301\t\r\n au\u2003\u3000lait\u0085 "))
        .isEqualTo("Café au lait");
    assertThat(normalizer.normalize(" \n\u2028")).isEmpty();
    assertThat(normalizer.normalize("a\u200bb")).isEqualTo("a\u200bb");
  }

  @Test
  void lowersWhereAsked() {
    TextNormalizer normalizer = new TextNormalizer(LetterCase.LOWERED);
    assertThat(normalizer.normalize("ÉTÉ E\u0301te\u0301")).isEqualTo("été été");
    assertThat(normalizer.normalize("\u0130")).isEqualTo("i\u0307");
  }
}
