package io.polyspark.evaluate;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.dl4j.ComputeOptions;
import io.polyspark.model.dl4j.MemoryEstimate;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.ManifestFiles;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tensor.MemoryPlan;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.verify.VerifyCorpus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Measures checkpoints on a split, as one Spark job: the mean cross-entropy over every window of T
 * = {@code max_position_embeddings} tokens. Windows are numbered, always evaluated in the same
 * batches and always added up in the same order, so that the result does not depend on how many
 * tasks there are or where they run.
 */
public final class Evaluation {
  /** About so many tokens are evaluated at a time. */
  static final int BATCH_TOKENS = 4096;

  /**
   * The loss of a checkpoint over a text.
   *
   * @param loss mean cross-entropy over every predicted token of every window, nats per token
   * @param perplexity e^loss
   * @param bitsPerByte of a split, {@link #bitsPerToken} times its tokens over its bytes of text,
   *     where ends of text count as tokens and not as bytes
   * @param tokens predicted tokens
   */
  public record Result(double loss, double perplexity, double bitsPerByte, long tokens) {
    static Result of(Mean mean, Manifest.Split split) {
      double bitsPerByte = mean.loss() / Math.log(2) * split.tokens() / split.textBytes();
      return new Result(mean.loss(), Math.exp(mean.loss()), bitsPerByte, mean.tokens());
    }

    /** {@code loss / ln 2}: what some papers call perplexity. */
    public double bitsPerToken() {
      return loss / Math.log(2);
    }
  }

  private Evaluation() {}

  /** Memory that one task of {@link #run} takes, on the device that computes. */
  public static long nativeBytesPerTask(ModelConfig model, Device device) {
    int context = model.maxPositionEmbeddings();
    return MemoryEstimate.of(
            model,
            batch(context),
            context,
            MemoryPlan.Purpose.INFERENCE,
            ComputeOptions.DEFAULT.withDevice(device))
        .total();
  }

  /**
   * Measures one checkpoint, with windows that follow each other, in as many tasks as Spark has
   * cores.
   *
   * @param checkpoint a checkpoint, or a run whose newest whole checkpoint is taken
   * @param data a directory of token shards, or the manifest of a version of it
   * @param split {@code train} or {@code validation}
   * @throws UserError if the checkpoint or the data are not there or damaged, or if the data's
   *     tokenizer is not the checkpoint's own
   */
  public static Result run(JavaSparkContext spark, Path checkpoint, Path data, String split)
      throws IOException {
    return run(spark, checkpoint, data, split, Checkpoints.slots(spark));
  }

  static Result run(JavaSparkContext spark, Path checkpoint, Path named, String split, int slots)
      throws IOException {
    List<Checkpoint> opened = Checkpoints.open(spark, List.of(checkpoint));
    return run(spark, opened, named, split, OptionalInt.empty(), Device.CPU, slots).get(0);
  }

  /**
   * Measures many checkpoints in one job.
   *
   * @param checkpoints as {@link Checkpoint#open} has opened them
   * @param stride from the beginning of a window to the next; empty for T, and else up to T: then
   *     every token but the first of a file is predicted from at least T - S + 1 tokens before it
   * @param device where tasks compute
   * @return in the order of the checkpoints
   * @throws UserError as the other, or if the stride does not fit a model
   */
  public static List<Result> run(
      JavaSparkContext spark,
      List<Checkpoint> checkpoints,
      Path data,
      String split,
      OptionalInt stride,
      Device device)
      throws IOException {
    return run(spark, checkpoints, data, split, stride, device, Checkpoints.slots(spark));
  }

  private static List<Result> run(
      JavaSparkContext spark,
      List<Checkpoint> checkpoints,
      Path named,
      String split,
      OptionalInt stride,
      Device device,
      int slots)
      throws IOException {
    SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
    Path data = ManifestFiles.settle(fileSystem(named, hadoop), named);
    Manifest manifest = Manifest.read(fileSystem(data, hadoop), data);
    for (Checkpoint checkpoint : checkpoints) {
      checkTokenizer(checkpoint, manifest, data);
      Checkpoints.requireStride(checkpoint, stride);
    }
    VerifyCorpus.run(spark, data, List.of(split));
    List<BatchLosses> works = new ArrayList<>();
    for (Checkpoint checkpoint : checkpoints) {
      int context = checkpoint.model().maxPositionEmbeddings();
      works.add(
          losses(
              hadoop,
              Checkpoints.weights(checkpoint, hadoop),
              context,
              stride.orElse(context),
              data,
              split,
              Long.MAX_VALUE,
              device));
    }
    List<Mean> means = means(spark, works, data, split, slots);
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < means.size(); i++) {
      Checkpoints.requireFinite(means.get(i).loss(), checkpoints.get(i), data);
      results.add(Result.of(means.get(i), manifest.splits().get(split)));
    }
    return results;
  }

  /**
   * A mean over windows.
   *
   * @param loss mean cross-entropy, nats per token
   * @param tokens predicted tokens
   */
  public record Mean(double loss, long tokens) {}

  /**
   * The mean loss over the first windows of a split.
   *
   * @param context T, at most the model's {@code max_position_embeddings}
   * @param maxTokens evaluate about so many tokens, at least one window
   * @param device where tasks compute
   * @param mostTasks run in at most so many tasks; it does not change the result
   */
  public static Mean mean(
      JavaSparkContext spark,
      Weights weights,
      int context,
      Path data,
      String split,
      long maxTokens,
      Device device,
      int mostTasks)
      throws IOException {
    SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
    BatchLosses losses = losses(hadoop, weights, context, context, data, split, maxTokens, device);
    return means(spark, List.of(losses), data, split, mostTasks).get(0);
  }

  private static BatchLosses losses(
      SerializableConfiguration hadoop,
      Weights weights,
      int context,
      int stride,
      Path data,
      String split,
      long maxTokens,
      Device device)
      throws IOException {
    FileSystem fs = fileSystem(data, hadoop);
    try (TokenShards shards = TokenShards.open(fs, data, split, context, stride)) {
      return new BatchLosses(
          hadoop,
          weights,
          fs.makeQualified(data).toString(),
          split,
          Math.min(shards.windows(), Math.max(1, maxTokens / context)),
          batch(context),
          context,
          stride,
          device);
    }
  }

  private static List<Mean> means(
      JavaSparkContext spark, List<BatchLosses> works, Path data, String split, int slots)
      throws IOException {
    List<double[]> sums =
        BatchJob.run(spark, "Evaluate the %s split".formatted(split), works, slots);
    List<Mean> means = new ArrayList<>();
    for (int i = 0; i < works.size(); i++) {
      BatchLosses work = works.get(i);
      try (TokenShards shards =
          TokenShards.open(
              fileSystem(data, work.hadoop()), data, split, work.context(), work.stride())) {
        long tokens = shards.targetsBefore(work.windows());
        // One after the other, as a stream's sum would not.
        double sum = 0;
        for (double batch : sums.get(i)) {
          sum += batch;
        }
        means.add(new Mean(sum / tokens, tokens));
      }
    }
    return means;
  }

  /** B: a constant of the model, since other batches might round otherwise. */
  private static int batch(int context) {
    return Math.max(1, BATCH_TOKENS / context);
  }

  /**
   * Makes sure that data are tokens of the checkpoint's own tokenizer.
   *
   * @throws UserError naming both, if they are not
   */
  public static void checkTokenizer(Checkpoint checkpoint, Manifest manifest, Path data)
      throws IOException {
    try (Tokenizer tokenizer =
        Tokenizer.load(checkpoint.tokenizerJson(), checkpoint.tokenizerFile().toString())) {
      String found = manifest.tokenizer().sha256();
      if (!tokenizer.sha256().equals(found)) {
        throw UserError.of(
            "%s was tokenized with a tokenizer (SHA-256 %s) that is not the one of %s (SHA-256"
                + " %s): prepare the text with the checkpoint's tokenizer.json.",
            data,
            found.substring(0, 12),
            checkpoint.directory(),
            tokenizer.sha256().substring(0, 12));
      }
    }
  }

  static FileSystem fileSystem(Path path, SerializableConfiguration hadoop) throws IOException {
    return path.getFileSystem(hadoop.value());
  }
}
