package io.polyspark.model.read;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.regex.Pattern;

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

  private static final Pattern BOUND_AS =
      Pattern.compile(" \\(bound as `[^`]*`\\)|: not allowed as per `[^`]*`");
  private static final Pattern PACKAGE =
      Pattern.compile("\\b(?:java|io\\.polyspark|com\\.fasterxml)\\.(?:[a-z0-9_]+\\.)*");

  private static final int LONGEST_REASON = 120;

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

  /**
   * What was found wrong, as a clause of a sentence: one line, without full stop and without the
   * names of Java's packages.
   */
  public static String reason(JsonProcessingException failure) {
    String message =
        failure instanceof ValueInstantiationException && failure.getCause() != null
            ? failure.getCause().getMessage()
            : failure.getOriginalMessage();
    String line = message == null ? "" : message.lines().findFirst().orElse("");
    String plain = BOUND_AS.matcher(line).replaceAll("");
    plain = PACKAGE.matcher(plain).replaceAll("").strip();
    if (plain.length() > LONGEST_REASON) {
      // It may quote the file, which need not be ours to show.
      plain = plain.substring(0, LONGEST_REASON) + "...";
    }
    return plain.endsWith(".") && !plain.endsWith("...")
        ? plain.substring(0, plain.length() - 1)
        : plain;
  }
}
