package io.polyspark.prep.version;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.polyspark.model.config.UserError;
import io.polyspark.model.read.PlainNames;
import io.polyspark.model.read.StrictJson;
import io.polyspark.model.read.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What a run must know of the version that it goes on from: {@code DATA/_state/000002.json}.
 *
 * @param formatVersion version of this format, 1
 * @param version that it belongs to
 * @param parent the version that was current before; null for the first
 * @param inputs whose documents are in the version
 * @param indexBatches names of the deduplication index's batches that belong to it, oldest first
 */
public record CorpusState(
    int formatVersion,
    long version,
    Long parent,
    List<AcceptedInput> inputs,
    List<String> indexBatches) {
  private static final int FORMAT_VERSION = 1;

  /** Some 250 bytes for each input. */
  private static final int MOST_BYTES = 512 << 20;

  private static final ObjectMapper JSON =
      StrictJson.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .build();

  /** The state of a version that follows another, or none. */
  public static CorpusState of(
      long version, OptionalLong parent, List<AcceptedInput> inputs, List<String> indexBatches) {
    return new CorpusState(
        FORMAT_VERSION,
        version,
        parent.isPresent() ? parent.getAsLong() : null,
        List.copyOf(inputs),
        List.copyOf(indexBatches));
  }

  /** The version that was current before, if there was one. */
  public OptionalLong before() {
    return parent == null ? OptionalLong.empty() : OptionalLong.of(parent);
  }

  /**
   * Reads a state.
   *
   * @throws UserError if it is missing or damaged
   */
  static CorpusState read(FileSystem fs, Path file, long version) {
    try {
      byte[] bytes = WholeFile.read(fs, file, MOST_BYTES);
      CorpusState state = JSON.readValue(WholeFile.utf8(bytes, file), CorpusState.class);
      if (state == null || !state.isWhole(version)) {
        throw damaged(file, "it lacks what it must hold", null);
      }
      return state;
    } catch (FileNotFoundException e) {
      throw damaged(file, "it is missing", e);
    } catch (JsonProcessingException e) {
      throw damaged(file, StrictJson.reason(e), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /**
   * Sees before any work whether a state of so many inputs could be read again.
   *
   * @throws UserError if it would be too large
   */
  public static void requireReadable(List<AcceptedInput> inputs, Path data) {
    long bytes = 0;
    for (AcceptedInput input : inputs) {
      // Their UTF-8 is at most three bytes a character; names, numbers and the sum take the rest.
      bytes += 3L * (input.uri().length() + input.source().length()) + 256;
    }
    if (bytes > MOST_BYTES) {
      throw UserError.of(
          "%s would have %,d input files, more than a version can list: put many documents into each"
              + " file, or prepare a part of them in another directory.",
          data, inputs.size());
    }
  }

  byte[] bytes() throws IOException {
    return JSON.writeValueAsBytes(this);
  }

  private boolean isWhole(long wanted) {
    return formatVersion == FORMAT_VERSION
        && version == wanted
        && inputs != null
        && inputs.stream()
            .allMatch(
                input ->
                    input != null
                        && input.source() != null
                        && input.uri() != null
                        && input.sha256() != null)
        && indexBatches != null
        && indexBatches.stream().allMatch(name -> name != null && PlainNames.isPlain(name));
  }

  private static UserError damaged(Path file, String what, Exception cause) {
    return new UserError(
        file
            + " is damaged ("
            + what
            + "); restore it, roll back to another version, or prepare the data anew in another"
            + " directory.",
        cause);
  }
}
