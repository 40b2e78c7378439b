package io.polyspark.prep.decontaminate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.config.UserError;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.read.InputFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;

/**
 * Reads the texts of evaluation sets: of JSON lines (names with {@code .jsonl} or {@code .json})
 * the {@code context} and {@code continuation} of each {@code request}, one after the other as a
 * model sees them, or else the {@code text}; of other files the parts between blank lines. Files
 * may be gzipped and lie on any Hadoop file system.
 */
final class EvaluationTexts {
  private static final ObjectMapper JSON = new ObjectMapper();

  private EvaluationTexts() {}

  /** The texts of all files, in their order. */
  static List<String> read(List<String> files, Configuration configuration) {
    List<String> texts = new ArrayList<>();
    for (InputFile file : InputFiles.list(files, configuration)) {
      try (BufferedReader lines = open(file, configuration)) {
        if (name(file).matches(".*\\.jsonl?(\\.gz)?")) {
          readJson(file, lines, texts);
        } else {
          readText(lines, texts);
        }
      } catch (CharacterCodingException e) {
        throw new UserError(
            "The evaluation set "
                + file.uri()
                + " is not UTF-8 text: see whether it is the right"
                + " file.",
            e);
      } catch (IOException e) {
        throw new UserError(
            "Cannot read the evaluation set " + file.uri() + ": " + e.getMessage() + ".", e);
      }
    }
    return texts;
  }

  private static void readJson(InputFile file, BufferedReader lines, List<String> texts)
      throws IOException {
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (!line.isBlank()) {
        texts.add(text(line, file, number));
      }
    }
  }

  private static String text(String line, InputFile file, int number) {
    JsonNode node;
    try {
      node = JSON.readTree(line);
    } catch (IOException e) {
      throw new UserError(
          String.format(
              "The evaluation set %s has no JSON in line %d; correct it or leave the file out.",
              file.uri(), number),
          e);
    }
    JsonNode request = node.path("request");
    JsonNode text = node.path("text");
    if (request.path("context").isTextual() && request.path("continuation").isTextual()) {
      return request.path("context").textValue() + request.path("continuation").textValue();
    }
    if (text.isTextual()) {
      return text.textValue();
    }
    throw UserError.of(
        "The evaluation set %s has neither a request with context and continuation nor a text in"
            + " line %d; correct it or leave the file out.",
        file.uri(), number);
  }

  private static void readText(BufferedReader lines, List<String> texts) throws IOException {
    StringBuilder part = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (!line.isBlank()) {
        part.append(line).append('\n');
      } else if (part.length() > 0) {
        texts.add(part.toString());
        part.setLength(0);
      }
    }
    if (part.length() > 0) {
      texts.add(part.toString());
    }
  }

  private static BufferedReader open(InputFile file, Configuration configuration)
      throws IOException {
    InputStream in = file.path().getFileSystem(configuration).open(file.path());
    try {
      InputStream bytes = name(file).endsWith(".gz") ? new GZIPInputStream(in) : in;
      return new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder()));
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static String name(InputFile file) {
    return file.path().getName().toLowerCase(Locale.ROOT);
  }
}
