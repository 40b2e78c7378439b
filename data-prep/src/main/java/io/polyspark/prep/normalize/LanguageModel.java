package io.polyspark.prep.normalize;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import opennlp.tools.langdetect.Language;
import opennlp.tools.langdetect.LanguageDetectorME;
import opennlp.tools.langdetect.LanguageDetectorModel;

/** OpenNLP's model of languages, read once per JVM from the jar it is published in. */
final class LanguageModel {
  private static final String RESOURCE = "/langdetect-183.bin";

  private LanguageModel() {}

  /** Loaded when a language is asked for first: 10 MB. */
  private static final class Loaded {
    private static final LanguageDetectorModel MODEL = load();

    private static final ThreadLocal<LanguageDetectorME> DETECTOR =
        ThreadLocal.withInitial(() -> new LanguageDetectorME(MODEL));

    private static LanguageDetectorModel load() {
      try (InputStream in = LanguageModel.class.getResourceAsStream(RESOURCE)) {
        if (in == null) {
          throw new FileNotFoundException(RESOURCE + " is not on the class path");
        }
        return new LanguageDetectorModel(in);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot load the model of languages", e);
      }
    }
  }

  /** The language that a text is most likely in. */
  static Language mostLikely(String text) {
    return Loaded.DETECTOR.get().predictLanguage(text);
  }

  /** The codes of all languages that the model knows. */
  static List<String> languages() {
    return Arrays.asList(Loaded.DETECTOR.get().getSupportedLanguages());
  }
}
