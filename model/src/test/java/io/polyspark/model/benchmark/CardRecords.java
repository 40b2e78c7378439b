package io.polyspark.model.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Results in a file of JSON lines, each written when it is known: what was measured before a run is
 * cut off is there.
 */
final class CardRecords {
  private final ObjectMapper mapper = new ObjectMapper();
  private final Path file;

  /** Results go to the end of the file. */
  CardRecords(Path file) {
    this.file = file;
  }

  /**
   * Adds a line, to the terminal too.
   *
   * @param name what was measured
   * @param values numbers, words, or maps of them, by name
   */
  void add(String name, Map<String, ?> values) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", name);
    line.putAll(values);
    try {
      String json = mapper.writeValueAsString(line);
      System.out.println(json);
      Files.writeString(file, json + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
