package io.polyspark.prep.normalize;

import static io.polyspark.prep.filter.Documents.kept;
import static io.polyspark.prep.filter.Documents.removedBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.prep.filter.Candidate;
import io.polyspark.prep.filter.Documents;
import io.polyspark.prep.filter.Verdict;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NormalizeTest {
  private static final Normalize STAGE = Normalize.DEFAULTS;

  @Test
  void lineEndsAreLineFeeds() {
    assertThat(kept(STAGE, "a\r\nb\rc\n\rd\u000be\ff\u0085g\u2028h\u2029i\r\r\nj"))
        .isEqualTo("a\nb\nc\n\nd\ne\nf\ng\nh\ni\n\nj");
  }

  @Test
  void controlCharactersGoButLineFeedAndTab() {
    assertThat(kept(STAGE, "a\u0000b\tc\u001bd\u007fe\u009ff\n")).isEqualTo("ab\tcdef\n");
  }

  @Test
  void charactersAreComposed() {
    assertThat(kept(STAGE, "e\u0301 \u1100\u1161")).isEqualTo("é 가");
    // Brought together by what is taken out between them.
    assertThat(kept(STAGE, "e\u200b\u0301")).isEqualTo("é");
    Normalize asIs =
        new Normalize(false, CharacterPolicy.KEEP, CharacterPolicy.KEEP, CharacterPolicy.KEEP);
    assertThat(kept(asIs, "e\u0301\ufeff\u200b")).isEqualTo("e\u0301\ufeff\u200b");
  }

  @Test
  void marksFollowTheirPolicies() {
    String text = "\ufeffa\u200bb\u2060c\u200dd\ufffd";
    assertThat(kept(STAGE, text)).isEqualTo("abc\u200dd\ufffd");
    for (int i = 0; i < 3; i++) {
      Normalize rejecting = new Normalize(true, policy(i, 0), policy(i, 1), policy(i, 2));
      String[] settings = {"byte_order_mark", "zero_width", "replacement"};
      assertThat(removedBy(rejecting, text)).contains(settings[i]);
      assertThat(removedBy(rejecting, "abc\u200d")).isEmpty();
    }
    Normalize removing =
        new Normalize(true, CharacterPolicy.KEEP, CharacterPolicy.KEEP, CharacterPolicy.REMOVE);
    assertThat(kept(removing, text)).isEqualTo("\ufeffa\u200bb\u2060c\u200dd");
  }

  @Test
  void whatIsNormalAlreadyIsTheSameDocument() {
    for (String text : new String[] {"", "plain\n\ttext", "é 世界 😀 \u200d"}) {
      Candidate candidate = new Candidate(Documents.of(text));
      assertThat(((Verdict.Kept) STAGE.apply(candidate)).candidate()).isSameAs(candidate);
    }
  }

  @Test
  void applyingItAgainChangesNothing() {
    Random random = new Random(3);
    String[] pieces = {
      "a", "\r", "\n", "\r\n", "\u0085", "e", "\u0301", "\u0323", "\u200b", "\ufeff", "\ufffd",
      "\u2126", "\u2000", "\u0000", "\u1100", "\u1161", "\u11a8", "😀", "\t"
    };
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(12); length > 0; length--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      String once = kept(STAGE, text.toString());
      assertThat(kept(STAGE, once)).isEqualTo(once);
      assertThat(once.codePoints().filter(c -> c != '\n' && c != '\t'))
          .noneMatch(Character::isISOControl);
    }
  }

  private static CharacterPolicy policy(int rejected, int which) {
    return rejected == which ? CharacterPolicy.REJECT : CharacterPolicy.KEEP;
  }
}
