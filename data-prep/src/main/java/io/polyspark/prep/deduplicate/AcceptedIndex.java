package io.polyspark.prep.deduplicate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polyspark.model.config.UserError;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.shard.OutputDirectory;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * The fingerprints of all documents that were accepted before, as Parquet: one directory for each
 * batch, {@code batch-000000} on, each written under a temporary name and renamed, never changed
 * afterwards. All of them are the index, or those that {@link IndexBatches} names.
 *
 * <pre>
 * INDEX/batch-000000/settings.json   format version and how the fingerprints were made
 * INDEX/batch-000000/documents/      text (hash), source, position, length, bands, shingles
 * </pre>
 */
final class AcceptedIndex {
  private static final int FORMAT_VERSION = 1;
  private static final Pattern BATCH_NAME = Pattern.compile("batch-\\d{6,}");
  private static final String SETTINGS = "settings.json";
  private static final String DOCUMENTS = "documents";
  private static final JsonMapper JSON = new JsonMapper();

  private final FileSystem fs;
  private final Path directory;
  private final ObjectNode settings;
  private final Optional<IndexBatches> named;
  private final List<Path> batches;

  /**
   * Opens an index, or one that is not there yet.
   *
   * @throws UserError if it was made with other settings, or lacks a batch that is named
   */
  AcceptedIndex(Configuration configuration, String directory, DeduplicateOptions options)
      throws IOException {
    Path path = new Path(directory);
    this.fs = path.getFileSystem(configuration);
    this.directory = fs.makeQualified(path);
    this.settings = settings(options.fingerprints(), options.verifyThreshold());
    this.named = options.batches();
    this.batches = batches();
    for (Path batch : batches) {
      check(batch);
    }
  }

  /** All that was accepted; empty where nothing was. */
  Optional<Dataset<Row>> documents(SparkSession session, StructType schema) {
    if (batches.isEmpty()) {
      return Optional.empty();
    }
    String[] files =
        batches.stream().map(batch -> new Path(batch, DOCUMENTS).toString()).toArray(String[]::new);
    return Optional.of(session.read().schema(schema).parquet(files));
  }

  /**
   * Adds a batch.
   *
   * @param documents with the columns that {@link #documents} gives
   * @throws UserError if another batch has been added since this index was opened
   */
  void add(Dataset<Row> documents) throws IOException {
    if (!batches().equals(batches)) {
      throw UserError.of(
          "The index %s has grown since this batch was held against it; run this batch again.",
          InputFile.display(directory));
    }
    Path batch =
        new Path(
            directory,
            named.map(IndexBatches::added).orElse(String.format("batch-%06d", batches.size())));
    if (named.isPresent()) {
      fs.delete(batch, true);
    }
    try (OutputDirectory output = new OutputDirectory(fs, batch)) {
      documents.write().parquet(new Path(output.path(), DOCUMENTS).toString());
      try (OutputStream out = fs.create(new Path(output.path(), SETTINGS))) {
        out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(settings));
      }
      output.commit();
    }
  }

  private List<Path> batches() throws IOException {
    if (named.isPresent()) {
      return named.get().known().stream().map(name -> new Path(directory, name)).toList();
    }
    try {
      return Arrays.stream(fs.listStatus(directory))
          .map(FileStatus::getPath)
          .filter(path -> BATCH_NAME.matcher(path.getName()).matches())
          .sorted()
          .toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  private void check(Path batch) throws IOException {
    JsonNode found;
    try (InputStream in = fs.open(new Path(batch, SETTINGS))) {
      found = JSON.readTree(in);
    } catch (FileNotFoundException | JsonProcessingException e) {
      throw new UserError(
          "Cannot read "
              + InputFile.display(new Path(batch, SETTINGS))
              + "; restore the index, or name another directory for a new one.",
          e);
    }
    settings
        .fields()
        .forEachRemaining(
            field -> {
              // As text: a number that was read may be of a narrower type than the one it was.
              String wanted = field.getValue().asText();
              String there = found.path(field.getKey()).asText();
              if (!wanted.equals(there)) {
                throw UserError.of(
                    "The index %s was made with %s %s and cannot be used with %s; set it back, or"
                        + " name another directory for a new index.",
                    InputFile.display(directory),
                    field.getKey(),
                    there.isEmpty() ? "of another version" : there,
                    wanted);
              }
            });
  }

  private static ObjectNode settings(FingerprintOptions how, OptionalDouble verifyThreshold) {
    return JSON.createObjectNode()
        .put("format_version", FORMAT_VERSION)
        .put("lower_case", how.letterCase() == LetterCase.LOWERED)
        .put("shingle_words", how.shingleWords())
        .put("bands", how.bands())
        .put("rows", how.rows())
        .put("seed", how.seed())
        .put("verified", verifyThreshold.isPresent());
  }
}
