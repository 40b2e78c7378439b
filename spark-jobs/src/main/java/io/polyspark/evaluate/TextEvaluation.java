package io.polyspark.evaluate;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.FileSource;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.read.InputFiles;
import io.polyspark.prep.read.ReadOptions;
import io.polyspark.prep.read.ReadResult;
import io.polyspark.prep.read.Rejection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Measures checkpoints on text as it is, as one Spark job. Each document is read from an end of
 * text on, with each checkpoint's own tokenizer, in windows of T tokens of which each new one
 * begins S tokens after the one before: every token of the text is predicted once, from at least T
 * - S + 1 tokens before it where there are so many. The end of the text is not predicted.
 */
public final class TextEvaluation {
  /**
   * What the driver reads; more is for token shards. Where a byte is a token, a driver and
   * executors with a GiB of heap each hold its ids, 4 bytes each, and the pieces in which they
   * travel.
   */
  static final long MOST_BYTES = 32L << 20;

  /** What decides how a text becomes rows. */
  private record Reading(String tokenizer, int context) {}

  /** A text, encoded. */
  private record Encoded(ScoringPlan plan, long tokens) {}

  private TextEvaluation() {}

  /**
   * Looks for the files.
   *
   * @throws UserError naming an input that is missing, empty or out of reach
   */
  public static void check(Configuration configuration, List<String> inputs) {
    InputFiles.list(inputs, configuration);
  }

  /**
   * Measures every checkpoint.
   *
   * @param checkpoints as {@link Checkpoints} has opened them
   * @param inputs files, directories and globs of whatever the preparation of a corpus reads
   * @param stride S, from 1 to T; empty for T
   * @param device where tasks compute
   * @return in the order of the checkpoints; tokens are those predicted, and bytes those of the
   *     text
   * @throws UserError if the text cannot be read or is too long, if a tokenizer does not belong to
   *     its model, or if the stride does not fit
   */
  public static List<Evaluation.Result> run(
      JavaSparkContext spark,
      List<Checkpoint> checkpoints,
      List<String> inputs,
      OptionalInt stride,
      Device device)
      throws IOException {
    return run(spark, checkpoints, inputs, stride, device, Checkpoints.slots(spark));
  }

  static List<Evaluation.Result> run(
      JavaSparkContext spark,
      List<Checkpoint> checkpoints,
      List<String> inputs,
      OptionalInt stride,
      Device device,
      int slots)
      throws IOException {
    for (Checkpoint checkpoint : checkpoints) {
      Checkpoints.requireStride(checkpoint, stride);
    }
    List<Document> documents = documents(inputs, spark.hadoopConfiguration());
    Map<Reading, Encoded> encoded = new LinkedHashMap<>();
    List<Scorer.Scoring> scorings = new ArrayList<>();
    List<Long> tokens = new ArrayList<>();
    for (Checkpoint checkpoint : checkpoints) {
      Encoded text = encode(checkpoint, documents, stride, encoded);
      scorings.add(new Scorer.Scoring(checkpoint, text.plan()));
      tokens.add(text.tokens());
    }
    long bytes = documents.stream().mapToLong(document -> document.utf8().length).sum();
    List<double[]> losses = Scorer.losses(spark, "Evaluate the text", scorings, device, slots);
    List<Evaluation.Result> results = new ArrayList<>();
    for (int i = 0; i < losses.size(); i++) {
      // One after the other, as a stream's sum would not.
      double sum = 0;
      for (double row : losses.get(i)) {
        sum += row;
      }
      double loss = sum / tokens.get(i);
      Checkpoints.requireFinite(loss, checkpoints.get(i), String.join(", ", inputs));
      results.add(
          new Evaluation.Result(loss, Math.exp(loss), sum / Math.log(2) / bytes, tokens.get(i)));
    }
    return results;
  }

  private static List<Document> documents(List<String> inputs, Configuration configuration)
      throws IOException {
    List<InputFile> files = InputFiles.list(inputs, configuration);
    long most = files.stream().mapToLong(InputFile::length).sum();
    FileSource source = new FileSource(files, ReadOptions.defaults(), Math.max(1, most));
    List<Document> documents = new ArrayList<>();
    long bytes = 0;
    for (int partition = 0; partition < source.partitions(); partition++) {
      try (DocumentReader reader = source.open(partition, configuration)) {
        for (ReadResult result = reader.next(); result != null; result = reader.next()) {
          if (result instanceof Rejection rejection) {
            throw UserError.of("%s: mend it or leave it out.", rejection.description().get());
          }
          Document document = (Document) result;
          bytes += document.utf8().length;
          if (bytes > MOST_BYTES) {
            throw UserError.of(
                "%s has more than %d MiB of text: make a corpus of it with the verb prep, and give"
                    + " that as --data.",
                String.join(", ", inputs), MOST_BYTES >> 20);
          }
          if (document.utf8().length > 0) {
            documents.add(document);
          }
        }
      }
    }
    if (documents.isEmpty()) {
      throw UserError.of("%s has no text in it: name one with text.", String.join(", ", inputs));
    }
    return documents;
  }

  private static Encoded encode(
      Checkpoint checkpoint,
      List<Document> documents,
      OptionalInt stride,
      Map<Reading, Encoded> encoded)
      throws IOException {
    int context = checkpoint.model().maxPositionEmbeddings();
    try (Tokenizer tokenizer = Checkpoints.tokenizer(checkpoint)) {
      return encoded.computeIfAbsent(
          new Reading(tokenizer.sha256(), context),
          reading -> encode(tokenizer, documents, context, stride.orElse(context)));
    }
  }

  private static Encoded encode(
      Tokenizer tokenizer, List<Document> documents, int context, int stride) {
    List<int[]> sequences = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    long tokens = 0;
    for (Document document : documents) {
      int[] text = tokenizer.encode(document.text());
      int[] ids = new int[text.length + 1];
      ids[0] = tokenizer.endOfText();
      System.arraycopy(text, 0, ids, 1, text.length);
      Row.cover(sequences.size(), ids.length, 1, context, stride, rows);
      sequences.add(ids);
      tokens += text.length;
    }
    return new Encoded(new ScoringPlan(sequences, rows, context), tokens);
  }
}
