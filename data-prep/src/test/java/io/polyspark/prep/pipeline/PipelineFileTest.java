package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.config.UserError;
import io.polyspark.prep.filter.GopherQuality;
import io.polyspark.prep.filter.NgramLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PipelineFileTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"web.yaml", "nightly.yaml"})
  void theFilesThatWeShipAreRight(String name) {
    Path shipped = Path.of(System.getProperty("conf.dir"), "data", name);
    PipelineConfig config =
        PipelineFile.load(shipped, List.of("sources.web.input=crawl"), List.of());
    assertThat(config.gopherQuality()).contains(GopherQuality.DEFAULTS);
  }

  @Test
  void aStageIsLeftOutUnlessItsKeyIsThereAndNotOff() throws IOException {
    PipelineConfig config =
        load(
            """
            sources: {a: {input: x}}
            normalize: on
            gopher_quality:
            c4: off
            fineweb: {min_punctuated_lines: 0.5}
            gopher_repetition: {top_ngrams: {2: 0.3}}
            deduplicate: {verify_threshold: off}
            """,
            "c4.min_sentences=2",
            "normalize=off");
    assertThat(config.normalize()).isEmpty();
    assertThat(config.gopherQuality()).contains(GopherQuality.DEFAULTS);
    assertThat(config.c4()).hasValueSatisfying(c4 -> assertThat(c4.minSentences()).isEqualTo(2));
    assertThat(config.languages()).isEmpty();
    assertThat(config.fineweb().orElseThrow().minPunctuatedLines()).isEqualTo(0.5);
    assertThat(config.gopherRepetition().orElseThrow().topNgrams())
        .containsExactly(new NgramLimit(2, 0.3));
    assertThat(config.deduplicate().orElseThrow().verifyThreshold()).isEmpty();
  }

  @Test
  void theSettingsOfAConfigurationReadAsTheSameConfiguration() throws IOException {
    PipelineConfig config =
        load(
            """
            sources:
              a: {input: [x, y], weight: 0.5, format: json_lines, text_field: body}
              b: {input: z, validation_fraction: 0.2, document_separator: blank_line}
            normalize: {nfc: false, replacement: reject}
            languages: {accepted: [eng, deu]}
            gopher_repetition: {duplicate_ngrams: {5: 0.1, 10: 0.05}}
            gopher_quality: on
            c4: on
            fineweb: on
            bad_words: {file: words.txt}
            deduplicate: {letter_case: lowered, verify_threshold: off}
            decontaminate: {evaluations: [eval], max_share: 0.1, action: count}
            mask_addresses: on
            max_rejected: 0.5%
            """);
    Path again = Files.createDirectory(directory.resolve("again")).resolve("x.yaml");
    Files.writeString(again, ConfigFile.write(Settings.of(config)));
    assertThat(PipelineFile.load(again, List.of(), List.of())).isEqualTo(config);
  }

  @Test
  void anInputOfTheCommandLineIsThatOfTheOnlySource() throws IOException {
    PipelineConfig config =
        PipelineFile.load(
            write("sources: {web: {weight: 2}}"), List.of("seed=5"), List.of("here", "there"));
    assertThat(config.sources())
        .singleElement()
        .satisfies(
            source -> {
              assertThat(source.name()).isEqualTo("web");
              assertThat(source.input()).containsExactly("here", "there");
              assertThat(source.weight()).isEqualTo(2);
            });
    assertThat(config.sources().get(0).validationFraction()).isEqualTo(OptionalDouble.empty());
    assertThat(config.badWords()).isEqualTo(Optional.empty());
    Path two = write("sources: {a: {input: x}, b: {input: y}}");
    assertThatThrownBy(() -> PipelineFile.load(two, List.of(), List.of("here")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            two
                + " has 2 sources, so that --input cannot say whose input it is: set --set"
                + " sources.NAME.input=PATH for each.");
  }

  @Test
  void mistakesAreNamed() throws IOException {
    mistake("normalize: on", "sources must be names, each with keys such as {input: ...}");
    mistake("sources: {}", "sources must be names");
    mistake("sources: {a: {weight: 1}}", "The source a has no input");
    mistake("sources: {'a:b': {input: x}}", "The source name 'a:b' cannot be used");
    mistake(
        "sources: {a: {input: x, weight: 0}, b: {input: y, weight: 0}}",
        "Every source has a weight of 0");
    mistake("sources: {a: {input: x, wieght: 1}}", "unknown key 'sources.a.wieght' (did you mean");
    mistake("sources: {a: {input: x}}\nmax_rejected: some", "max_rejected must be a number of");
    mistake("sources: {a: {input: x}}\nmax_rejected: 100%", "max_rejected must be a number of");
    mistake("sources: {a: {input: x}}\nlanguages: on", "languages.accepted is empty");
    mistake("sources: {a: {input: x}}\nlanguages: {accepted: xx}", "is no language of the model");
    mistake("sources: {a: {input: x}}\ndecontaminate: on", "decontaminate.evaluations must be a");
    mistake("sources: {a: {input: x}}\nbad_words: on", "bad_words.file must be a path");
    mistake("sources: {a: {input: x}}\ndeduplicate: {rows: 0}", "deduplicate.rows must be");
    mistake("sources: {a: {input: x}}\nc4: fine", "c4 must be keys such as");
    mistake("sources: {a: {input: x}}\nvalidation_fraction: 1", "validation_fraction must be");
  }

  private void mistake(String yaml, String message) throws IOException {
    assertThatThrownBy(() -> load(yaml))
        .as(yaml)
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message);
  }

  private PipelineConfig load(String yaml, String... overrides) throws IOException {
    return PipelineFile.load(write(yaml), List.of(overrides), List.of());
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(directory.resolve("x.yaml"), yaml);
  }
}
