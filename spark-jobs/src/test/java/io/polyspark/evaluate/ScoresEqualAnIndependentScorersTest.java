package io.polyspark.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.tensor.Device;
import io.polyspark.model.tokenize.ByteTokenizer;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.testing.LocalCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoresEqualAnIndependentScorersTest {
  private static final Path DATA = Path.of(System.getProperty("data.dir"));
  private static final Path NEOX = DATA.resolve("tokenizers/gpt-neox-olmo-dolma-v1_5.json");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CONTEXT = 24;
  private static final int QUESTIONS = 3;

  @TempDir static Path directory;
  private static List<Checkpoint> checkpoints;

  @BeforeAll
  static void writeADenseModelAndAMixture() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    List<org.apache.hadoop.fs.Path> paths = new ArrayList<>();
    for (String preset : List.of("tiny", "moe-tiny")) {
      paths.add(hadoop(directory.resolve(preset)));
      WrittenCheckpoint.write(
          fs,
          paths.get(paths.size() - 1),
          WrittenCheckpoint.model(preset, ByteTokenizer.VOCAB_SIZE, CONTEXT),
          7,
          new ByteTokenizer().json());
    }
    checkpoints = Checkpoints.open(LocalCluster.spark(), paths);
  }

  /** Contexts that do not fit, none at all, continuations longer than T, a request twice. */
  @Test
  void ofEveryKindOfRequest() throws IOException {
    Path tasks = directory.resolve("tasks");
    List<String> lines = new ArrayList<>();
    String[][] choices = {
      {"Where?", " here", " there and there", " hier", " là-bas"},
      {"", " a", " b"},
      {"A context of more than a few bytes, which no model here can read", " yes", " no"},
      {"Q", " " + "a continuation of more than T bytes ".repeat(3), " short"},
      {"Where?", " here", " nowhere"},
    };
    for (long offset : new long[] {0, 1_000_000}) {
      for (int document = 0; document < choices.length; document++) {
        for (int choice = 1; choice < choices[document].length; choice++) {
          String context = offset == 0 ? choices[document][0] : "Answer:";
          lines.add(line(offset + document, choice - 1, context, choices[document][choice]));
        }
      }
    }
    writeTask(tasks.resolve("made"), "acc_uncond", lines);
    List<CheckpointScores> scores =
        TaskEvaluation.run(LocalCluster.spark(), checkpoints, hadoop(tasks), Device.CPU);
    for (CheckpointScores each : scores) {
      assertThat(each.tasks().get(0).metrics().keySet()).containsExactly(Metric.values());
      assertSame(each, tasks, ScoresEqualAnIndependentScorersTest::bytes, 256);
    }
    assertThat(scores.get(0).tasks()).isNotEqualTo(scores.get(1).tasks());
    for (int slots : new int[] {1, 7}) {
      assertThat(
              TaskEvaluation.run(
                      LocalCluster.spark(), checkpoints, hadoop(tasks), Device.CPU, slots)
                  .stream()
                  .map(CheckpointScores::tasks))
          .isEqualTo(scores.stream().map(CheckpointScores::tasks).toList());
    }
  }

  @Test
  void ofTheSharedRequestFiles() throws IOException {
    assumeTrue(Files.exists(NEOX), () -> NEOX + " is absent");
    Path tasks = directory.resolve("shared");
    try (Stream<Path> all = Files.list(DATA.resolve("eval"))) {
      for (Path task : all.sorted().toList()) {
        Path copy = Files.createDirectories(tasks.resolve(task.getFileName().toString()));
        Files.copy(task.resolve("config.json"), copy.resolve("config.json"));
        Files.write(copy.resolve("requests.jsonl"), beginning(task.resolve("requests.jsonl.gz")));
      }
    }
    byte[] json = Files.readAllBytes(NEOX);
    try (Tokenizer tokenizer = Tokenizer.load(json)) {
      org.apache.hadoop.fs.Path path = hadoop(directory.resolve("neox"));
      WrittenCheckpoint.write(
          FileSystem.getLocal(new Configuration()),
          path,
          WrittenCheckpoint.model("moe-tiny", tokenizer.vocabSize(), 2 * CONTEXT),
          8,
          json);
      CheckpointScores scores =
          TaskEvaluation.run(
                  LocalCluster.spark(),
                  Checkpoints.open(LocalCluster.spark(), List.of(path)),
                  hadoop(tasks),
                  Device.CPU)
              .get(0);
      assertThat(scores.tasks()).extracting(TaskScore::questions).containsOnly(QUESTIONS);
      assertThat(scores.tasks())
          .filteredOn(task -> task.metrics().containsKey(Metric.PMI_DC))
          .hasSize(6);
      assertSame(scores, tasks, tokenizer::encode, tokenizer.endOfText());
    }
  }

  @Test
  void ofATextInWindowsThatOverlap() throws IOException {
    Path text = directory.resolve("text");
    Files.createDirectories(text);
    String one = "It was a dark and stormy night; the rain fell in torrents, except at times.";
    Files.writeString(text.resolve("1.txt"), one);
    Files.writeString(text.resolve("2.txt"), "Ça?");
    for (OptionalInt stride : List.of(OptionalInt.empty(), OptionalInt.of(5))) {
      List<Evaluation.Result> results =
          TextEvaluation.run(
              LocalCluster.spark(), checkpoints, List.of(text.toString()), stride, Device.CPU);
      for (int i = 0; i < results.size(); i++) {
        IndependentScorer scorer =
            scorer(checkpoints.get(i), ScoresEqualAnIndependentScorersTest::bytes, 256);
        double sum =
            -Stream.of(one, "Ça?")
                .mapToDouble(
                    document ->
                        scorer.logLikelihood(
                            new int[] {256}, bytes(document), stride.orElse(CONTEXT)))
                .sum();
        int bytes = one.length() + 4;
        assertThat(results.get(i).tokens()).isEqualTo(bytes);
        assertThat(results.get(i).loss()).isCloseTo(sum / bytes, offset(1e-4));
        assertThat(results.get(i).bitsPerByte())
            .isCloseTo(results.get(i).bitsPerToken(), offset(1e-12));
      }
    }
  }

  private static void assertSame(
      CheckpointScores scores, Path tasks, Function<String, int[]> encode, int endOfText)
      throws IOException {
    IndependentScorer scorer = scorer(scores.checkpoint(), encode, endOfText);
    for (TaskScore task : scores.tasks()) {
      Map<Long, IndependentScorer.Answer> answers =
          scorer.answers(tasks.resolve(task.task()).resolve("requests.jsonl"));
      assertThat(task.predictions()).hasSize(answers.size());
      for (Prediction prediction : task.predictions()) {
        IndependentScorer.Answer answer = answers.get(prediction.document());
        String where = task.task() + " " + prediction.document();
        for (int i = 0; i < answer.logLikelihoods().size(); i++) {
          assertThat(prediction.logLikelihoods().get(i))
              .as(where)
              .isCloseTo(answer.logLikelihoods().get(i), offset(1e-3));
        }
        Map<String, Integer> chosen = new TreeMap<>();
        prediction.chosen().forEach((metric, choice) -> chosen.put(metric.key(), choice));
        assertThat(chosen).as(where).isEqualTo(answer.chosen());
      }
    }
  }

  private static IndependentScorer scorer(
      Checkpoint checkpoint, Function<String, int[]> encode, int endOfText) throws IOException {
    return new IndependentScorer(
        PlainModel.read(Path.of(checkpoint.directory().toUri())), encode, endOfText);
  }

  private static int[] bytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Byte.toUnsignedInt(bytes[i]);
    }
    return ids;
  }

  /** The lines of the first questions. */
  private static List<String> beginning(Path requests) throws IOException {
    List<String> lines = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(requests)), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (JSON.readTree(line).get("doc_id").asLong() % 1_000_000 < QUESTIONS) {
          lines.add(line);
        }
      }
    }
    return lines;
  }

  private static String line(long document, int choice, String context, String continuation) {
    JsonNode line =
        JSON.createObjectNode()
            .put("doc_id", document)
            .put("idx", choice)
            .put("label", 0)
            .set(
                "request",
                JSON.createObjectNode().put("context", context).put("continuation", continuation));
    return line.toString();
  }

  private static void writeTask(Path task, String primary, List<String> lines) throws IOException {
    Files.createDirectories(task);
    Files.writeString(
        task.resolve("config.json"),
        """
        {"task_config": {"primary_metric": "%s", "metric_kwargs": {"uncond_docid_offset": 1000000}}}
        """
            .formatted(primary));
    Files.write(task.resolve("requests.jsonl"), lines);
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
