package io.polyspark.prep.report;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** English names of languages by the codes of ISO 639-3. */
final class LanguageNames {
  /** Java names languages by codes of two letters alone, which most of those of three have. */
  private static final Map<String, String> NAMES = new TreeMap<>();

  static {
    for (String code : Locale.getISOLanguages()) {
      Locale language = Locale.forLanguageTag(code);
      NAMES.put(language.getISO3Language(), language.getDisplayLanguage(Locale.ENGLISH));
    }
  }

  private LanguageNames() {}

  /** English (eng); the code alone where Java knows no name. */
  static String of(String code) {
    String name = NAMES.get(code);
    return name == null || name.equals(code) ? code : name + " (" + code + ")";
  }
}
