package io.polyspark.model.read;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;

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
    checkNesting(text);
    return YAML.readValue(text, type);
  }

  /** Jackson does not hold YAML against its own limit. */
  private static void checkNesting(String text) throws JsonProcessingException {
    try (JsonParser tokens = YAML.createParser(text)) {
      int depth = 0;
      for (JsonToken token = tokens.nextToken(); token != null; token = tokens.nextToken()) {
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        if (depth > ReadLimits.NESTING) {
          throw new StreamConstraintsException(
              "it has more than " + ReadLimits.NESTING + " values within each other");
        }
      }
    } catch (JsonProcessingException e) {
      throw e;
    } catch (IOException e) {
      throw new IllegalStateException("a text is read without files", e);
    }
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
