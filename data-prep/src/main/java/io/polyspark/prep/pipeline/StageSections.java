package io.polyspark.prep.pipeline;

import io.polyspark.model.config.ConfigSection;
import io.polyspark.prep.decontaminate.Decontaminate;
import io.polyspark.prep.decontaminate.EvaluationNgrams;
import io.polyspark.prep.deduplicate.DeduplicateOptions;
import io.polyspark.prep.deduplicate.FingerprintOptions;
import io.polyspark.prep.deduplicate.LetterCase;
import io.polyspark.prep.filter.BadWords;
import io.polyspark.prep.filter.C4;
import io.polyspark.prep.filter.FineWeb;
import io.polyspark.prep.filter.GopherQuality;
import io.polyspark.prep.filter.GopherRepetition;
import io.polyspark.prep.filter.NgramLimit;
import io.polyspark.prep.mask.MaskAddresses;
import io.polyspark.prep.normalize.CharacterPolicy;
import io.polyspark.prep.normalize.Languages;
import io.polyspark.prep.normalize.Normalize;
import io.polyspark.prep.pipeline.PipelineConfig.Decontamination;
import io.polyspark.prep.pipeline.PipelineConfig.Deduplication;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Reads the sections of a configuration file that are stages: each is left out where its key is
 * missing or {@code off}, and has the published settings where {@code on} is all that it says.
 */
final class StageSections {
  private static final String SHARE = "a number from 0 to 1";
  private static final int LONGEST_NGRAM = 20;

  private StageSections() {}

  static Optional<Normalize> normalize(ConfigSection root) {
    Normalize defaults = Normalize.DEFAULTS;
    return root.optional(Normalize.NAME, "nfc", "byte_order_mark", "zero_width", "replacement")
        .map(
            section ->
                new Normalize(
                    section.flag("nfc", defaults.composed()),
                    policy(section, "byte_order_mark", defaults.byteOrderMark()),
                    policy(section, "zero_width", defaults.zeroWidth()),
                    policy(section, "replacement", defaults.replacement())));
  }

  static Optional<Languages> languages(ConfigSection root) {
    return root.optional(Languages.NAME, "accepted", "min_confidence", "characters")
        .map(
            section ->
                new Languages(
                    section.texts("accepted", List.of()),
                    share(section, "min_confidence", Languages.DEFAULT_MIN_CONFIDENCE),
                    section.count("characters", Languages.DEFAULT_CHARACTERS, 1)));
  }

  static Optional<GopherRepetition> gopherRepetition(ConfigSection root) {
    GopherRepetition defaults = GopherRepetition.DEFAULTS;
    return root.optional(
            GopherRepetition.NAME,
            "max_duplicate_paragraphs",
            "max_duplicate_paragraph_characters",
            "max_duplicate_lines",
            "max_duplicate_line_characters",
            "top_ngrams",
            "duplicate_ngrams")
        .map(
            section ->
                new GopherRepetition(
                    share(section, "max_duplicate_paragraphs", defaults.maxDuplicateParagraphs()),
                    share(
                        section,
                        "max_duplicate_paragraph_characters",
                        defaults.maxDuplicateParagraphCharacters()),
                    share(section, "max_duplicate_lines", defaults.maxDuplicateLines()),
                    share(
                        section,
                        "max_duplicate_line_characters",
                        defaults.maxDuplicateLineCharacters()),
                    ngrams(section, "top_ngrams", defaults.topNgrams()),
                    ngrams(section, "duplicate_ngrams", defaults.duplicateNgrams())));
  }

  static Optional<GopherQuality> gopherQuality(ConfigSection root) {
    GopherQuality defaults = GopherQuality.DEFAULTS;
    return root.optional(
            GopherQuality.NAME,
            "min_words",
            "max_words",
            "min_mean_word_length",
            "max_mean_word_length",
            "max_hashes_per_word",
            "max_ellipses_per_word",
            "max_bullet_lines",
            "max_ellipsis_lines",
            "min_alphabetic_words",
            "min_stop_words")
        .map(
            section ->
                new GopherQuality(
                    section.count("min_words", defaults.minWords(), 0),
                    section.count("max_words", defaults.maxWords(), 1),
                    positive(section, "min_mean_word_length", defaults.minMeanWordLength()),
                    positive(section, "max_mean_word_length", defaults.maxMeanWordLength()),
                    positive(section, "max_hashes_per_word", defaults.maxHashesPerWord()),
                    positive(section, "max_ellipses_per_word", defaults.maxEllipsesPerWord()),
                    share(section, "max_bullet_lines", defaults.maxBulletLines()),
                    share(section, "max_ellipsis_lines", defaults.maxEllipsisLines()),
                    share(section, "min_alphabetic_words", defaults.minAlphabeticWords()),
                    section.count("min_stop_words", defaults.minStopWords(), 0)));
  }

  static Optional<C4> c4(ConfigSection root) {
    C4 defaults = C4.DEFAULTS;
    return root.optional(
            C4.NAME,
            "terminal_punctuation",
            "min_words_per_line",
            "max_word_length",
            "min_sentences",
            "remove_citations",
            "remove_javascript_lines",
            "remove_policy_lines",
            "remove_lorem_ipsum",
            "remove_curly_brackets")
        .map(
            section ->
                new C4(
                    section.flag("terminal_punctuation", defaults.terminalPunctuation()),
                    section.count("min_words_per_line", defaults.minWordsPerLine(), 0),
                    section.count("max_word_length", defaults.maxWordLength(), 1),
                    section.count("min_sentences", defaults.minSentences(), 0),
                    section.flag("remove_citations", defaults.removeCitations()),
                    section.flag("remove_javascript_lines", defaults.removeJavascriptLines()),
                    section.flag("remove_policy_lines", defaults.removePolicyLines()),
                    section.flag("remove_lorem_ipsum", defaults.removeLoremIpsum()),
                    section.flag("remove_curly_brackets", defaults.removeCurlyBrackets())));
  }

  static Optional<FineWeb> fineweb(ConfigSection root) {
    FineWeb defaults = FineWeb.DEFAULTS;
    return root.optional(
            FineWeb.NAME,
            "min_punctuated_lines",
            "short_line_length",
            "max_short_lines",
            "max_duplicate_line_characters",
            "max_newlines_per_word")
        .map(
            section ->
                new FineWeb(
                    share(section, "min_punctuated_lines", defaults.minPunctuatedLines()),
                    section.count("short_line_length", defaults.shortLineLength(), 0),
                    share(section, "max_short_lines", defaults.maxShortLines()),
                    share(
                        section,
                        "max_duplicate_line_characters",
                        defaults.maxDuplicateLineCharacters()),
                    positive(section, "max_newlines_per_word", defaults.maxNewlinesPerWord())));
  }

  /** The list's file. */
  static Optional<String> badWords(ConfigSection root) {
    return root.optional(BadWords.NAME, "file").map(section -> required(section, "file"));
  }

  static Optional<Deduplication> deduplicate(ConfigSection root) {
    FingerprintOptions defaults = FingerprintOptions.DEFAULTS;
    return root.optional(
            DeduplicateStage.NAME,
            "letter_case",
            "shingle_words",
            "bands",
            "rows",
            "seed",
            "verify_threshold")
        .map(
            section ->
                new Deduplication(
                    new FingerprintOptions(
                        section.choice("letter_case", LetterCase.class, defaults.letterCase()),
                        section.count("shingle_words", defaults.shingleWords(), 1),
                        section.count("bands", defaults.bands(), 1),
                        section.count("rows", defaults.rows(), 1),
                        section.whole("seed", defaults.seed(), Long.MIN_VALUE, Long.MAX_VALUE)),
                    section.isOff("verify_threshold")
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(
                            share(
                                section,
                                "verify_threshold",
                                DeduplicateOptions.DEFAULT_VERIFY_THRESHOLD))));
  }

  static Optional<Decontamination> decontaminate(ConfigSection root) {
    return root.optional(Decontaminate.NAME, "evaluations", "words", "max_share", "action")
        .map(
            section -> {
              List<String> evaluations = section.texts("evaluations", List.of());
              if (evaluations.isEmpty()) {
                throw section.mistake(
                    "evaluations", "a list of files of evaluation sets", evaluations);
              }
              return new Decontamination(
                  evaluations,
                  section.count("words", EvaluationNgrams.DEFAULT_WORDS, 1),
                  share(section, "max_share", 0),
                  section.choice(
                      "action", Decontaminate.Action.class, Decontaminate.Action.REMOVE));
            });
  }

  static Optional<MaskAddresses> maskAddresses(ConfigSection root) {
    MaskAddresses defaults = MaskAddresses.DEFAULTS;
    return root.optional(MaskAddresses.NAME, "email", "ip")
        .map(
            section ->
                new MaskAddresses(
                    section.text("email", defaults.email()), section.text("ip", defaults.ip())));
  }

  private static CharacterPolicy policy(
      ConfigSection section, String key, CharacterPolicy fallback) {
    return section.choice(key, CharacterPolicy.class, fallback);
  }

  private static double share(ConfigSection section, String key, double fallback) {
    return section.number(key, fallback, share -> share >= 0 && share <= 1, SHARE);
  }

  private static double positive(ConfigSection section, String key, double fallback) {
    return section.number(key, fallback, number -> number >= 0, "a number of at least 0");
  }

  private static String required(ConfigSection section, String key) {
    String text = section.text(key, "");
    if (text.isEmpty()) {
      throw section.mistake(key, "a path", text);
    }
    return text;
  }

  /** The largest shares by number of words, such as {@code {2: 0.2, 3: 0.18}}. */
  private static List<NgramLimit> ngrams(
      ConfigSection section, String key, List<NgramLimit> fallback) {
    if (section.value(key).isEmpty()) {
      return fallback;
    }
    String[] lengths =
        IntStream.rangeClosed(1, LONGEST_NGRAM).mapToObj(Integer::toString).toArray(String[]::new);
    ConfigSection limits = section.section(key, lengths);
    return IntStream.rangeClosed(1, LONGEST_NGRAM)
        .filter(words -> limits.value(Integer.toString(words)).isPresent())
        .mapToObj(words -> new NgramLimit(words, share(limits, Integer.toString(words), 0)))
        .toList();
  }
}
