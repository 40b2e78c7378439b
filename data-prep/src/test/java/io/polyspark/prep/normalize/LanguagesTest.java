package io.polyspark.prep.normalize;

import static io.polyspark.prep.filter.Documents.removedBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.filter.Candidate;
import io.polyspark.prep.filter.Documents;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.filter.PipelineRun;
import io.polyspark.prep.filter.StageReport;
import io.polyspark.prep.filter.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LanguagesTest {
  private static final String ENGLISH =
      "Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in"
          + " my purse, and nothing particular to interest me on shore, I thought I would sail about"
          + " a little and see the watery part of the world. It is a way I have of driving off the"
          + " spleen and regulating the circulation. Whenever I find myself growing grim about the"
          + " mouth; whenever it is a damp, drizzly November in my soul, I account it high time to"
          + " get to sea as soon as I can.";
  private static final String GERMAN =
      "Als Gregor Samsa eines Morgens aus unruhigen Träumen erwachte, fand er sich in seinem Bett"
          + " zu einem ungeheueren Ungeziefer verwandelt. Er lag auf seinem panzerartig harten"
          + " Rücken und sah, wenn er den Kopf ein wenig hob, seinen gewölbten, braunen, von"
          + " bogenförmigen Versteifungen geteilten Bauch, auf dessen Höhe sich die Bettdecke, zum"
          + " gänzlichen Niedergleiten bereit, kaum noch erhalten konnte.";

  @Test
  void languagesAreToldApart() {
    assertThat(removedBy(Languages.of("eng"), ENGLISH)).isEmpty();
    assertThat(removedBy(Languages.of("eng"), GERMAN)).contains("accepted");
    assertThat(removedBy(Languages.of("eng", "deu"), GERMAN)).isEmpty();
    assertThat(removedBy(Languages.of("eng"), "")).isPresent();
    Verdict verdict = Languages.of("deu", "eng").apply(new Candidate(Documents.of(GERMAN)));
    assertThat(((Verdict.Kept) verdict).events()).isEqualTo(Map.of("deu", 1L));
  }

  @Test
  void allDocumentsAreCountedByLanguage() {
    PipelineRun run = FilterPipeline.of(new Languages(List.of("eng"), 0.3, 1000)).start();
    run.apply(Documents.of(ENGLISH.repeat(4)));
    run.apply(Documents.of(ENGLISH.substring(0, 120)));
    run.apply(Documents.of(GERMAN));
    StageReport report = run.report().stages().get(0);
    assertThat(report.removed()).isEqualTo(Map.of("accepted", 1L, "min_confidence", 1L));
    assertThat(report.events()).isEqualTo(Map.of("eng", 2L, "deu", 1L));
  }

  @Test
  void doubtIsMeasuredAgainstTheThreshold() {
    double confidence = LanguageModel.mostLikely(ENGLISH).getConfidence();
    assertThat(removedBy(new Languages(List.of("eng"), confidence, 1000), ENGLISH)).isEmpty();
    assertThat(removedBy(new Languages(List.of("eng"), Math.nextUp(confidence), 1000), ENGLISH))
        .contains("min_confidence");
  }

  @Test
  void onlyTheStartIsLookedAt() {
    Languages start = new Languages(List.of("eng"), 0.3, ENGLISH.length());
    assertThat(removedBy(start, ENGLISH + GERMAN.repeat(10))).isEmpty();
    // Through the middle of a pair of surrogates.
    assertThat(removedBy(start, " " + ENGLISH.substring(2) + "😀" + GERMAN)).isEmpty();
  }

  @Test
  void settingsThatMakeNoSenseAreNamed() {
    assertThatThrownBy(() -> Languages.of("en"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("languages.accepted has 'en'")
        .hasMessageContaining(" eng, ");
    assertThatThrownBy(() -> Languages.of())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("languages.accepted is empty");
    assertThatThrownBy(() -> new Languages(List.of("eng"), 1.5, 10))
        .isInstanceOf(UserError.class)
        .hasMessage("languages.min_confidence is 1.5; it must lie from 0 to 1.");
  }
}
