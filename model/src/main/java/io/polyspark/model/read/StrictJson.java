package io.polyspark.model.read;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * JSON of files: nesting and numbers within {@link ReadLimits}, no key twice, nothing after the
 * value. How long a file may be is for {@link WholeFile} to say.
 */
public final class StrictJson {
  static final StreamReadConstraints CONSTRAINTS =
      StreamReadConstraints.builder()
          .maxNestingDepth(ReadLimits.NESTING)
          .maxNumberLength(ReadLimits.NUMBER_CHARACTERS)
          .build();

  private StrictJson() {}

  /** A mapper with these rules, for a reader to add its own to. */
  public static JsonMapper.Builder builder() {
    return JsonMapper.builder(
            JsonFactory.builder()
                .streamReadConstraints(CONSTRAINTS)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                // Its table of names outlives the file, and ends in an exception of no use to
                // anybody where somebody has made names collide.
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
  }

  /** What a parser found wrong, as a clause of a sentence: one line, without full stop. */
  public static String reason(JsonProcessingException failure) {
    String message = failure.getOriginalMessage();
    String line = message == null ? "" : message.lines().findFirst().orElse("").strip();
    return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
  }
}
