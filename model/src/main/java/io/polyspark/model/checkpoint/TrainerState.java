package io.polyspark.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.StrictJson;
import io.polyspark.model.read.WholeFile;
import io.polyspark.model.shards.DataPosition;
import io.polyspark.model.shards.SampleRange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Where a training run stands after a round: what {@code trainer.json} of a checkpoint holds, and
 * with the parameters and the optimizer state all that is needed to go on.
 *
 * @param round rounds completed, so the number in the checkpoint's name
 * @param completedSteps optimizer steps that every replica has made; schedule and bias correction
 *     go on from here
 * @param samplesConsumed the run's counter into the data order, in windows: those handed out
 * @param unusedSamples those of them that no replica has trained on yet, and that come first in the
 *     next round; none in checkpoints of before there was such a key
 * @param tokensSeen tokens trained on, over all replicas
 * @param seed the seed of initialization and data order
 * @param replicas W, replicas in the last round
 * @param batch B, sequences per replica and step
 * @param context T, tokens per sequence
 * @param shardManifestSha256 SHA-256 of the token shards' manifest, in hexadecimal
 * @param configuration the resolved training configuration, as plain JSON values
 * @param environment what the bits of a run depend on besides the above
 */
public record TrainerState(
    int round,
    long completedSteps,
    long samplesConsumed,
    List<SampleRange> unusedSamples,
    long tokensSeen,
    long seed,
    int replicas,
    int batch,
    int context,
    String shardManifestSha256,
    Map<String, Object> configuration,
    Environment environment) {

  private static final String FORMAT_VERSION_KEY = "format_version";
  private static final int FORMAT_VERSION = 1;
  private static final String UNUSED_SAMPLES_KEY = "unused_samples";

  // A later version may add keys; where it changes the meaning of one it raises the format version.
  private static final ObjectMapper JSON =
      StrictJson.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  /**
   * Takes copies of the unused samples and of the configuration, in its order.
   *
   * @throws IllegalArgumentException if a count is negative or beyond all data, or samples are
   *     unused that were not consumed, or more than once
   */
  public TrainerState {
    requireAtLeast(0, round, "round");
    requireAtLeast(0, completedSteps, "completed_steps");
    requireAtLeast(0, samplesConsumed, "samples_consumed");
    requireAtMost(ReadLimits.TOKENS, samplesConsumed, "samples_consumed");
    requireAtLeast(0, tokensSeen, "tokens_seen");
    requireAtMost(ReadLimits.TOKENS, tokensSeen, "tokens_seen");
    requireAtLeast(1, replicas, "replicas");
    requireAtLeast(1, batch, "batch");
    requireAtLeast(1, context, "context");
    for (SampleRange range : unusedSamples) {
      if (range.count() > samplesConsumed - range.first()) {
        throw new IllegalArgumentException(
            range.count() + " unused samples from " + range.first() + " were never consumed");
      }
    }
    requireDistinct(unusedSamples);
    unusedSamples = List.copyOf(unusedSamples);
    Objects.requireNonNull(shardManifestSha256, "shardManifestSha256");
    Objects.requireNonNull(environment, "environment");
    configuration = Collections.unmodifiableMap(new LinkedHashMap<>(configuration));
  }

  /** A sample that is queued twice would be trained on twice. */
  private static void requireDistinct(List<SampleRange> ranges) {
    List<SampleRange> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparingLong(SampleRange::first));
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i).first() < sorted.get(i - 1).first() + sorted.get(i - 1).count()) {
        throw new IllegalArgumentException(
            "sample " + sorted.get(i).first() + " is unused more than once");
      }
    }
  }

  private static void requireAtMost(long most, long value, String key) {
    if (value > most) {
      throw new IllegalArgumentException(key + " is " + value + ", more than " + most);
    }
  }

  private static void requireAtLeast(long least, long value, String key) {
    if (value < least) {
      throw new IllegalArgumentException(key + " is " + value + ", less than " + least);
    }
  }

  /** Where the run stands in its data order. */
  public DataPosition position() {
    return new DataPosition(samplesConsumed, unusedSamples);
  }

  /** This state as the UTF-8 bytes of {@code trainer.json}. */
  public byte[] toJson() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put(FORMAT_VERSION_KEY, FORMAT_VERSION);
    keys.putAll(JSON.convertValue(this, new TypeReference<LinkedHashMap<String, Object>>() {}));
    try {
      return (JSON.writeValueAsString(keys) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("The configuration of a run must be plain JSON values", e);
    }
  }

  /**
   * Reads {@code trainer.json}.
   *
   * @param json its bytes
   * @param source its name, for messages
   * @throws UserError if it is of a later format or a key is missing or of another type
   */
  public static TrainerState fromJson(byte[] json, String source) {
    try {
      JsonNode tree = JSON.readTree(WholeFile.utf8(json, source));
      int version = tree.path(FORMAT_VERSION_KEY).asInt(-1);
      if (version != FORMAT_VERSION) {
        throw UserError.of(
            "%s has %s %s where this version of PolySpark reads %d: use the version that wrote it.",
            source,
            FORMAT_VERSION_KEY,
            tree.path(FORMAT_VERSION_KEY).asText("missing"),
            FORMAT_VERSION);
      }
      ((ObjectNode) tree).remove(FORMAT_VERSION_KEY);
      if (!tree.has(UNUSED_SAMPLES_KEY)) {
        ((ObjectNode) tree).putArray(UNUSED_SAMPLES_KEY);
      }
      return JSON.treeToValue(tree, TrainerState.class);
    } catch (JsonProcessingException e) {
      throw new UserError(
          String.format(
              "%s cannot be read as a trainer's state: %s.", source, StrictJson.reason(e)),
          e);
    }
  }
}
