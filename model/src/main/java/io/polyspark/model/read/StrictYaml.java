package io.polyspark.model.read;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

/**
 * YAML of files, by the rules of {@link StrictJson}, and with lines of at most {@link
 * ReadLimits#YAML_LINE_CHARACTERS}. Values are maps, lists, text, numbers and truth values: Jackson
 * reads SnakeYAML's events and constructs nothing that a tag names, and an alias is text, so that
 * no file can unfold to more than itself.
 */
public final class StrictYaml {
  private static final ObjectMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .streamReadConstraints(StrictJson.CONSTRAINTS)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictYaml() {}

  /**
   * Reads the one value of a text.
   *
   * @throws JsonProcessingException if it is no YAML, exceeds a limit, or is of another type
   */
  public static <T> T read(String text, TypeReference<T> type) throws JsonProcessingException {
    checkLines(text);
    return YAML.readValue(text, type);
  }

  private static void checkLines(String text) throws StreamConstraintsException {
    if (text.length() > ReadLimits.CONFIGURATION) {
      throw new StreamConstraintsException(
          String.format(
              "it has %d characters, more than %d", text.length(), ReadLimits.CONFIGURATION));
    }
    int start = 0;
    for (int line = 1; start <= text.length(); line++) {
      int end = text.indexOf('\n', start);
      int length = (end < 0 ? text.length() : end) - start;
      if (length > ReadLimits.YAML_LINE_CHARACTERS) {
        throw new StreamConstraintsException(
            String.format(
                "line %d has %d characters, more than %d",
                line, length, ReadLimits.YAML_LINE_CHARACTERS));
      }
      start += length + 1;
    }
  }
}
