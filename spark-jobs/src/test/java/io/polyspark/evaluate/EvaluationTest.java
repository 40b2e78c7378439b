package io.polyspark.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.dl4j.Replica;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tokenize.ByteTokenizer;
import io.polyspark.prep.PrepareCorpus;
import io.polyspark.prep.PrepareOptions;
import io.polyspark.prep.Split;
import io.polyspark.testing.LocalCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  private static final ModelConfig MODEL = ModelConfig.load("tiny", "test");

  @TempDir static java.nio.file.Path directory;
  private static FileSystem fs;
  private static Path data;
  private static Path checkpoint;

  @BeforeAll
  static void makeACorpusAndACheckpoint() throws IOException {
    fs = FileSystem.getLocal(new Configuration());
    java.nio.file.Path text = directory.resolve("text.txt");
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < 6000; i++) {
      words.append(i * 7919 % 1013).append(i % 11 == 0 ? ".\n" : " ");
    }
    Files.writeString(text, words);
    data = new Path(directory.resolve("data").toUri());
    PrepareCorpus.run(
        LocalCluster.spark(),
        PrepareOptions.fromFiles(List.of(text.toString()), data.toString())
            .withSplit(Split.TAIL, 0.5));
    checkpoint = new Path(directory.resolve("checkpoint").toUri());
    try (ByteTokenizer tokenizer = new ByteTokenizer()) {
      write(checkpoint, tokenizer.json());
    }
  }

  @Test
  void theResultIsTheSameHoweverManyTasksThereAre() throws IOException {
    Evaluation.Result one = evaluate(1);
    assertThat(evaluate(2)).isEqualTo(one);
    assertThat(evaluate(1000)).isEqualTo(one);
  }

  @Test
  void theResultIsTheMeanOverEveryWindow() throws IOException {
    int context = MODEL.maxPositionEmbeddings();
    double sum = 0;
    long windows;
    try (Replica replica = Replica.create(MODEL, 1, context);
        TokenShards shards = TokenShards.open(fs, data, TokenShards.VALIDATION, context)) {
      replica.initialize(7);
      windows = shards.windows();
      int[] tokens = new int[context];
      int[] targets = new int[context];
      double[] losses = new double[context];
      for (long window = 0; window < windows; window++) {
        shards.window(window, tokens, targets, 0);
        replica.tokenLosses(tokens, targets, losses);
        for (double loss : losses) {
          sum += loss;
        }
      }
    }
    Evaluation.Result result = evaluate(2);
    Manifest.Split split = Manifest.read(fs, data).splits().get(TokenShards.VALIDATION);
    assertThat(result.tokens()).isEqualTo(windows * context);
    assertThat(result.loss()).isCloseTo(sum / result.tokens(), offset(1e-6));
    assertThat(result.perplexity()).isEqualTo(Math.exp(result.loss()));
    assertThat(result.bitsPerByte())
        .isEqualTo(result.loss() / Math.log(2) * split.tokens() / split.textBytes());
  }

  /** Half of each window but a file's first counts, each token once. */
  @Test
  void windowsThatOverlapCountEveryTokenOnce() throws IOException {
    int context = MODEL.maxPositionEmbeddings();
    int stride = context / 2;
    double sum = 0;
    long tokens = 0;
    try (Replica replica = Replica.create(MODEL, 1, context);
        TokenShards shards = TokenShards.open(fs, data, TokenShards.VALIDATION, 1)) {
      replica.initialize(7);
      int[] ids = new int[(int) shards.windows() + 1];
      int[] next = new int[ids.length];
      for (int at = 0; at < ids.length - 1; at++) {
        shards.window(at, ids, next, at);
      }
      ids[ids.length - 1] = next[ids.length - 2];
      double[] losses = new double[context];
      for (int begin = 0; begin + context < ids.length; begin += stride) {
        replica.tokenLosses(
            Arrays.copyOfRange(ids, begin, begin + context),
            Arrays.copyOfRange(ids, begin + 1, begin + context + 1),
            losses);
        for (int t = begin == 0 ? 0 : context - stride; t < context; t++) {
          sum += losses[t];
          tokens++;
        }
      }
    }
    Evaluation.Result result =
        Evaluation.run(
                LocalCluster.spark(),
                Checkpoints.open(LocalCluster.spark(), List.of(checkpoint)),
                data,
                TokenShards.VALIDATION,
                OptionalInt.of(stride),
                Device.CPU)
            .get(0);
    assertThat(result.tokens()).isEqualTo(tokens);
    assertThat(result.loss()).isCloseTo(sum / tokens, offset(1e-6));
  }

  @Test
  void dataOfAnotherTokenizerIsRefusedNamingBoth() throws IOException {
    Path other = new Path(directory.resolve("other").toUri());
    byte[] json = wordTokenizer().getBytes(StandardCharsets.UTF_8);
    write(other, json);
    assertThatThrownBy(
            () -> Evaluation.run(LocalCluster.spark(), other, data, TokenShards.VALIDATION))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(data.toString())
        .hasMessageContaining("with a tokenizer (SHA-256 903592ff27de) that is not the one of")
        .hasMessageContaining(other.toString());
  }

  private static Evaluation.Result evaluate(int tasks) throws IOException {
    return Evaluation.run(LocalCluster.spark(), checkpoint, data, TokenShards.VALIDATION, tasks);
  }

  private static void write(Path directory, byte[] tokenizer) throws IOException {
    WrittenCheckpoint.write(fs, directory, MODEL, 7, tokenizer);
  }

  private static String wordTokenizer() {
    return """
        {"version": "1.0", "truncation": null, "padding": null,
         "added_tokens": [{"id": 0, "content": "<|endoftext|>", "single_word": false, "lstrip": false,
           "rstrip": false, "normalized": false, "special": true}],
         "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
         "decoder": null,
         "model": {"type": "WordLevel", "vocab": {"<|endoftext|>": 0, "a": 1}, "unk_token": "a"}}
        """;
  }
}
