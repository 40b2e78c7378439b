package io.polyspark.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.util.Map;

/** One JSON object as the last line of the standard output, for programs. */
final class JsonLine {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private JsonLine() {}

  static void print(Map<String, ?> object) {
    try {
      System.out.println(JSON.writeValueAsString(object));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
