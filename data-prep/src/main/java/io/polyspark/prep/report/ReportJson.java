package io.polyspark.prep.report;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.StrictJson;
import io.polyspark.model.read.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** {@code report.json}: instants and durations as ISO 8601 writes them. */
final class ReportJson {
  private static final ObjectMapper JSON =
      StrictJson.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .addModule(
              new SimpleModule()
                  .addSerializer(Instant.class, ToStringSerializer.instance)
                  .addSerializer(Duration.class, ToStringSerializer.instance)
                  .addDeserializer(Instant.class, new FromText<>(Instant.class, Instant::parse))
                  .addDeserializer(Duration.class, new FromText<>(Duration.class, Duration::parse)))
          .build();

  private ReportJson() {}

  /** The file's bytes. */
  static byte[] bytes(RunReport report) {
    try {
      return (JSON.writeValueAsString(report) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of strings and numbers is always JSON", e);
    }
  }

  /**
   * Reads a file.
   *
   * @throws UserError if it is missing, damaged, or of another version
   */
  static RunReport read(FileSystem fs, Path file) {
    try {
      byte[] bytes = WholeFile.read(fs, file, ReadLimits.PREPARATION_REPORT);
      RunReport report = JSON.readValue(WholeFile.utf8(bytes, file), RunReport.class);
      if (report == null || report.formatVersion() != RunReport.FORMAT_VERSION) {
        throw UserError.of(
            "%s has no report of format version %d; prepare the data again to have one.",
            file, RunReport.FORMAT_VERSION);
      }
      return report;
    } catch (FileNotFoundException e) {
      throw new UserError(file + " is missing; name the directory of a prepared corpus.", e);
    } catch (JsonProcessingException e) {
      throw new UserError(
          String.format("%s is damaged (%s); prepare the data again.", file, StrictJson.reason(e)),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** Reads what a string says. */
  private static final class FromText<T> extends StdScalarDeserializer<T> {
    private static final long serialVersionUID = 1L;

    private final transient Function<String, T> parse;

    FromText(Class<T> type, Function<String, T> parse) {
      super(type);
      this.parse = parse;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      String text = parser.getValueAsString("");
      try {
        return parse.apply(text);
      } catch (DateTimeException e) {
        return context.reportInputMismatch(this, "'%s' is no time of ISO 8601", text);
      }
    }
  }
}
