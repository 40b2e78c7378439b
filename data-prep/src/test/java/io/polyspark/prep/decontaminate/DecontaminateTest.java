package io.polyspark.prep.decontaminate;

import static io.polyspark.prep.filter.Documents.removedBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.decontaminate.Decontaminate.Action;
import io.polyspark.prep.filter.Candidate;
import io.polyspark.prep.filter.Documents;
import io.polyspark.prep.filter.Verdict;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecontaminateTest {
  private static final Configuration CONFIGURATION = new Configuration();
  private static final String THIRTEEN =
      "One two three four five six seven eight nine ten eleven twelve thirteen";
  private static final Path EVALUATIONS = Path.of(System.getProperty("data.dir"), "eval");

  @TempDir Path directory;

  @Test
  void thirteenWordsInARowAreAnOverlapAndTwelveAreNot() {
    Decontaminate stage = Decontaminate.any(ngrams("Zero " + THIRTEEN + " fourteen", 13));
    assertThat(
            removedBy(
                stage,
                "He said: ONE, two-- three \"four\" five ... six, seven; eight nine"
                    + " ten eleven\ntwelve (thirteen)! And more."))
        .contains("max_share");
    assertThat(removedBy(stage, "And " + THIRTEEN.replace(" thirteen", "") + " dozen")).isEmpty();
    assertThat(removedBy(stage, "")).isEmpty();
  }

  @Test
  void theShareIsOfTheDocumentsNgrams() {
    EvaluationNgrams ngrams = ngrams("a b c d", 2);
    // Three of the ten bigrams are in the evaluation set.
    String text = "a b c d 1 2 3 4 5 6 7";
    assertThat(removedBy(new Decontaminate(ngrams, 0.3, Action.REMOVE), text)).isEmpty();
    assertThat(removedBy(new Decontaminate(ngrams, 0.29, Action.REMOVE), text)).isPresent();
    Verdict counted =
        new Decontaminate(ngrams, 0.29, Action.COUNT).apply(new Candidate(Documents.of(text)));
    assertThat(((Verdict.Kept) counted).events()).isEqualTo(Map.of("max_share", 1L));
  }

  @Test
  void filesOfAllKindsAreRead() throws IOException {
    Path requests = directory.resolve("requests.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(requests))) {
      out.write(
          "{\"request\":{\"context\":\"a b\",\"continuation\":\" c\"}}\n\n{\"text\":\"d e\"}\n"
              .getBytes(StandardCharsets.UTF_8));
    }
    Path text = Files.writeString(directory.resolve("set.txt"), "f\ng\n\n\nh i\n");
    EvaluationNgrams ngrams =
        EvaluationNgrams.read(List.of(requests.toString(), text.toString()), 2, CONFIGURATION);
    assertThat(ngrams.texts()).isEqualTo(4);
    assertThat(ngrams.size()).isEqualTo(5);
    Decontaminate stage = Decontaminate.any(ngrams);
    for (String found : new String[] {"b c", "d e", "f g", "h i"}) {
      assertThat(removedBy(stage, "x " + found)).contains("max_share");
    }
    for (String apart : new String[] {"c d", "e f", "g h"}) {
      assertThat(removedBy(stage, "x " + apart)).isEmpty();
    }
  }

  @Test
  void theEvaluationsFindThemselves() {
    Path requests = EVALUATIONS.resolve("arc_easy/requests.jsonl.gz");
    assumeTrue(Files.exists(requests), () -> requests + " is absent");
    EvaluationNgrams ngrams =
        EvaluationNgrams.read(List.of(requests.toString()), 13, CONFIGURATION);
    assertThat(ngrams.shortTexts()).isPositive().isLessThan(ngrams.texts());
    Decontaminate stage = Decontaminate.any(ngrams);
    for (String text : EvaluationTexts.read(List.of(requests.toString()), CONFIGURATION)) {
      boolean isLong = ngrams(text, 13).size() > 0;
      assertThat(removedBy(stage, "It is known that " + text + " and so on").isPresent())
          .as(text)
          .isEqualTo(isLong);
    }
  }

  @Test
  void filesThatCannotBeUsedAreNamed() throws IOException {
    Path other =
        Files.writeString(directory.resolve("other.jsonl"), "{\"text\":\"a\"}\n{\"doc\":1}");
    Path broken = Files.writeString(directory.resolve("broken.jsonl"), "{");
    Path brief = Files.writeString(directory.resolve("brief.txt"), "too short");
    Path binary = Files.write(directory.resolve("binary.txt"), new byte[] {'a', (byte) 0xff});
    assertThatThrownBy(() -> read(other))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(
            "neither a request with context and continuation nor a text in line 2");
    assertThatThrownBy(() -> read(broken))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no JSON in line 1");
    assertThatThrownBy(() -> read(brief))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("have no text of 13 words or more");
    assertThatThrownBy(() -> read(binary))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not UTF-8 text");
    assertThatThrownBy(() -> read(directory.resolve("none")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("does not exist");
    assertThatThrownBy(() -> ngrams("a", 0))
        .isInstanceOf(UserError.class)
        .hasMessage("decontaminate.words is 0; it must be at least 1.");
  }

  private static EvaluationNgrams read(Path file) {
    return EvaluationNgrams.read(List.of(file.toString()), 13, CONFIGURATION);
  }

  private static EvaluationNgrams ngrams(String text, int words) {
    return EvaluationNgrams.of(List.of(text).iterator(), words);
  }
}
