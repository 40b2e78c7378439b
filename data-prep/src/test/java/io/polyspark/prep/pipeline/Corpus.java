package io.polyspark.prep.pipeline;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.ReadResult;
import io.polyspark.prep.synthetic.SyntheticSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;

/** Generated English text in files of JSON lines, with what the stages look for. */
final class Corpus {
  private static final JsonMapper JSON = new JsonMapper();

  private Corpus() {}

  /** Documents of generated prose of a few hundred bytes each. */
  static List<String> prose(long bytes, long seed) throws IOException {
    List<String> texts = new ArrayList<>();
    SyntheticSource source = new SyntheticSource(bytes, seed, Long.MAX_VALUE);
    try (DocumentReader reader = source.open(0, new Configuration(false))) {
      for (ReadResult next = reader.next(); next != null; next = reader.next()) {
        texts.add(((Document) next).text());
      }
    }
    return texts;
  }

  /** Prose in which every fifth text comes again, whole or with a word changed. */
  static List<String> withDuplicates(long bytes, long seed) throws IOException {
    Random random = new Random(seed);
    List<String> texts = new ArrayList<>();
    for (String text : prose(bytes, seed)) {
      texts.add(text);
      if (random.nextInt(5) == 0) {
        texts.add(random.nextBoolean() ? text : text.replaceFirst("\\w+ ", "Elsewhere "));
      }
    }
    return texts;
  }

  /** Writes documents as JSON lines. */
  static Path write(Path file, List<String> texts) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String text : texts) {
      lines.append(JSON.writeValueAsString(Map.of("text", text))).append('\n');
    }
    return Files.writeString(file, lines);
  }
}
