package io.polyspark.prep.filter;

import static io.polyspark.prep.filter.Documents.kept;
import static io.polyspark.prep.filter.Documents.removedBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.util.Map;
import org.junit.jupiter.api.Test;

class C4RulesTest {
  private static final C4 RULES = C4.DEFAULTS;
  private static final String PAGE =
      "This is the first sentence here. This is the second one.\nHere goes the third of them!";

  @Test
  void aGoodPageStaysAsItIs() {
    assertThat(kept(RULES, PAGE)).isEqualTo(PAGE);
    Candidate page = new Candidate(Documents.of(PAGE));
    assertThat(((Verdict.Kept) RULES.apply(page)).candidate()).isSameAs(page);
  }

  @Test
  void linesEndWithPunctuation() {
    for (String end : new String[] {".", "?", "!", "\"", "'"}) {
      String line = "\nA line of some five words" + end;
      assertThat(kept(RULES, PAGE + line)).isEqualTo(PAGE + line);
    }
    for (String end : new String[] {"", ",", "...", "…", ":", "”"}) {
      assertThat(kept(RULES, PAGE + "\nA line of some five words" + end)).isEqualTo(PAGE);
    }
    C4 any = new C4(false, 5, 1000, 3, true, true, true, true, true);
    assertThat(kept(any, PAGE + "\n\nA line of some five words \n"))
        .isEqualTo(PAGE + "\nA line of some five words");
  }

  @Test
  void linesHaveEnoughWords() {
    assertThat(kept(RULES, "Only four words here.\n" + PAGE)).isEqualTo(PAGE);
    assertThat(kept(RULES, "Now five words are here.\n" + PAGE)).startsWith("Now five");
  }

  @Test
  void wordsAreNotTooLong() {
    String line = "This line has a word: ";
    assertThat(kept(RULES, line + "x".repeat(999) + ".\n" + PAGE)).contains("xxx");
    assertThat(kept(RULES, line + "x".repeat(1000) + ".\n" + PAGE)).isEqualTo(PAGE);
  }

  @Test
  void linesOnJavascriptAndPoliciesGo() {
    assertThat(kept(RULES, "You have to enable JavaScript to see it.\n" + PAGE)).isEqualTo(PAGE);
    for (String policy :
        new String[] {
          "terms of use",
          "Privacy Policy",
          "cookie policy",
          "uses cookies",
          "use of cookies",
          "use cookies"
        }) {
      assertThat(kept(RULES, PAGE + "\nThis is on the " + policy + " of ours.")).isEqualTo(PAGE);
    }
  }

  @Test
  void removedLinesAreCountedByRule() {
    Verdict verdict =
        RULES.apply(
            new Candidate(
                Documents.of(
                    "Home\nAbout us\nToo few words.\nPlease do enable javascript now.\n" + PAGE)));
    assertThat(((Verdict.Kept) verdict).events())
        .isEqualTo(
            Map.of(
                "terminal_punctuation",
                2L,
                "min_words_per_line",
                1L,
                "remove_javascript_lines",
                1L));
  }

  @Test
  void pagesWithLoremIpsumOrCurlyBracketsGo() {
    assertThat(removedBy(RULES, PAGE + "\nThere is Lorem Ipsum in here."))
        .contains("remove_lorem_ipsum");
    assertThat(removedBy(RULES, PAGE + "\nThere is a { in this line."))
        .contains("remove_curly_brackets");
    // As in the published code, a line that another rule removed says nothing about the page.
    assertThat(kept(RULES, PAGE + "\nfunction() {")).isEqualTo(PAGE);
  }

  @Test
  void pagesHaveEnoughSentences() {
    assertThat(removedBy(RULES, PAGE.substring(0, PAGE.indexOf('\n')))).contains("min_sentences");
    assertThat(removedBy(RULES, PAGE)).isEmpty();
    assertThat(removedBy(RULES, "")).contains("min_sentences");
  }

  @Test
  void citationMarksGo() {
    assertThat(kept(RULES, PAGE + "\nIt was so [edit] in the year 1900.[12][citation needed]"))
        .isEqualTo(PAGE + "\nIt was so  in the year 1900.");
  }

  @Test
  void linesAreJudgedWithoutCitationMarks() {
    assertThat(kept(RULES, PAGE + "\nOf five words [edit] [2] one.")).isEqualTo(PAGE);
    assertThat(kept(RULES, PAGE + "\nOf five words [edit] four stay."))
        .endsWith("words  four stay.");
    assertThat(kept(RULES, PAGE + "\nA blank before the mark stays. [1]")).isEqualTo(PAGE);
    assertThat(kept(RULES, PAGE + "\n[1]\u00a0Then a line like this follows."))
        .endsWith("!\nThen a line like this follows.");
    C4 any = new C4(false, 0, 1000, 3, true, true, true, true, true);
    assertThat(kept(any, "[1] \n" + PAGE + "\nAnd more\u00a0[1]")).isEqualTo(PAGE + "\nAnd more");
  }

  @Test
  void marksAloneAreNoSentence() {
    String marks = "He was a faithful husband and a patriotic subject . \"";
    assertThat(removedBy(RULES, marks)).contains("min_sentences");
    assertThat(removedBy(RULES, marks + "\n" + marks)).contains("min_sentences");
    assertThat(removedBy(RULES, marks + "\n" + marks + "\n" + marks)).isEmpty();
  }

  @Test
  void applyingItAgainChangesNothing() {
    String once = kept(RULES, "Home\n\n" + PAGE + "\nAnd so it was written.[1]\n\n\nMenu");
    assertThat(kept(RULES, once)).isEqualTo(once);
  }

  @Test
  void settingsThatMakeNoSenseAreNamed() {
    assertThatThrownBy(() -> new C4(true, -1, 1000, 3, true, true, true, true, true))
        .isInstanceOf(UserError.class)
        .hasMessage("c4.min_words_per_line is -1.0; it must be at least 0.");
  }
}
