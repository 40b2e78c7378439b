package io.polyspark.prep.read;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;

/** JSON lines: each line an object with a key whose text is a document. Blank lines say nothing. */
final class JsonLinesReader implements PlacedReader {
  private static final Pattern PLACE = Pattern.compile(" ?\\((start marker )?at \\[Source.*");

  /** How long a document may be is decided where it is read, not by the parser. */
  private static final ObjectReader JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .build())
          .build()
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Farther into a file, in bytes, its lines are not counted for the sake of a message. */
  private static final long FARTHEST_NUMBERED = 64 << 20;

  private final InputRange range;
  private final LineReader lines;
  private final String key;
  private final DocumentLimit limit;
  private final Configuration configuration;
  private long countedTo;
  private long countedLines;

  JsonLinesReader(
      InputRange range,
      LineReader lines,
      ReadOptions options,
      DocumentLimit limit,
      Configuration configuration) {
    this.range = range;
    this.key = options.textField();
    this.limit = limit;
    this.lines = lines;
    this.configuration = configuration;
  }

  @Override
  public ReadResult next() throws IOException {
    while (true) {
      byte[] line = lines.read();
      if (line == null || lines.lineStart() >= range.end()) {
        return null;
      }
      if (lines.tooLarge()) {
        long start = lines.lineStart();
        long linesInRange = lines.lines();
        return limit.reject(range.file().place(start), () -> subject(start, linesInRange));
      }
      int mark = lines.lineStart() == 0 ? Utf8.byteOrderMark(line) : 0;
      byte[] bytes = mark == 0 ? line : Arrays.copyOfRange(line, mark, line.length);
      ReadResult decoded = Utf8.document(range.file(), bytes, lines.lineStart() + mark);
      if (!(decoded instanceof Document document)) {
        return decoded;
      }
      String json = document.text();
      if (!json.isBlank()) {
        return parse(json);
      }
    }
  }

  @Override
  public long position() {
    return lines.lineStart();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private ReadResult parse(String json) {
    JsonNode node;
    try {
      node = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      return reject(
          Rejection.INVALID_JSON, "is no JSON (" + withoutPlace(e.getOriginalMessage()) + ")");
    }
    if (!node.isObject()) {
      return reject(Rejection.INVALID_JSON, "is no JSON object");
    }
    JsonNode text = node.get(key);
    if (text == null) {
      return reject(Rejection.NO_TEXT, "has no \"" + key + "\"");
    }
    if (!text.isTextual()) {
      return reject(Rejection.NO_TEXT, "has a \"" + key + "\" that is no string");
    }
    try {
      return new Document(
          text.textValue(), Utf8.encode(text.textValue()), range.file().place(lines.lineStart()));
    } catch (CharacterCodingException e) {
      return reject(Rejection.INVALID_UTF8, "has half of a surrogate pair in its \"" + key + "\"");
    }
  }

  /** Without the parser's own lines and columns: the line is its whole world. */
  private static String withoutPlace(String message) {
    return PLACE.matcher(message.lines().findFirst().orElse("")).replaceAll("");
  }

  private Rejection reject(String reason, String what) {
    long start = lines.lineStart();
    long linesInRange = lines.lines();
    return new Rejection(
        reason, range.file().place(start), () -> subject(start, linesInRange) + " " + what);
  }

  private String subject(long start, long linesInRange) {
    return range.start() > 0 && start > FARTHEST_NUMBERED
        ? String.format("%s at byte %d", range.file().display(), start)
        : String.format("%s line %d", range.file().display(), linesBefore(start, linesInRange) + 1);
  }

  /** Lines of the file before a place; a task that reads from the middle has to count them. */
  private long linesBefore(long place, long linesInRange) {
    if (range.start() == 0) {
      return linesInRange - 1;
    }
    if (place < countedTo) {
      countedTo = 0;
      countedLines = 0;
    }
    try (InputStream in = StorageStream.open(range.file(), configuration)) {
      in.skipNBytes(countedTo);
      byte[] buffer = new byte[1 << 16];
      long count = countedLines;
      long left = place - countedTo;
      while (left > 0) {
        int length = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        for (int i = 0; i < length; i++) {
          count += buffer[i] == '\n' ? 1 : 0;
        }
        left = length < 0 ? 0 : left - length;
      }
      countedTo = place;
      countedLines = count;
      return count;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot count the lines of " + range.file().display(), e);
    }
  }
}
