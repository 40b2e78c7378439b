package io.polyspark.prep.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.polyspark.model.tokenize.Sha256;
import java.util.Map;

/**
 * Names what a stage's table was made from: its input, its settings and the stages before. A table
 * is used again where these are the same.
 *
 * @param hex the SHA-256, 64 hexadecimal digits
 */
record Fingerprint(String hex) {
  /** Raised when a stage makes another table of the same input. */
  private static final int VERSION = 1;

  private static final int NAME_LENGTH = 16;

  /** Of the first stage. */
  static Fingerprint of(Map<String, ?> made) {
    return new Fingerprint("").then(made);
  }

  /** Of a stage that goes on with this one's table. */
  Fingerprint then(Map<String, ?> settings) {
    try {
      byte[] json =
          StageJson.MAPPER.writeValueAsBytes(
              Map.of("version", VERSION, "before", hex, "settings", settings));
      return new Fingerprint(Sha256.hex(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("settings are records of strings and numbers", e);
    }
  }

  /** A short form for the name of a directory. */
  String shortName() {
    return hex.substring(0, NAME_LENGTH);
  }
}
