package io.polyspark.train;

import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.PrepareCorpus;
import io.polyspark.prep.PrepareOptions;
import io.polyspark.prep.Split;
import io.polyspark.prep.version.GrownManifest;
import io.polyspark.testing.LocalCluster;
import io.polyspark.testing.MetricsLines;
import io.polyspark.train.metrics.Metrics;
import io.polyspark.train.metrics.MetricsFile;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.RoundMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** Runs of a tiny model on the tests' cluster, and what they leave. */
final class TinyRuns {
  private final Path directory;
  private final Path data;

  private TinyRuns(Path directory, Path data) {
    this.directory = directory;
    this.data = data;
  }

  /** Prepares a corpus there. */
  static TinyRuns in(Path directory) throws IOException {
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < 4000; i++) {
      words.append(i * 7919 % 1013).append(i % 11 == 0 ? ".\n" : " ");
    }
    Path text = Files.writeString(directory.resolve("text.txt"), words);
    return new TinyRuns(directory, prepare(text, directory.resolve("data")));
  }

  static Path prepare(Path text, Path prepared) {
    PrepareCorpus.run(
        LocalCluster.spark(),
        PrepareOptions.fromFiles(List.of(text.toString()), prepared.toString())
            .withSplit(Split.TAIL, 0.1));
    return prepared;
  }

  /** Four rounds of two steps of two replicas, and what is set over them. */
  TrainConfig config(String... overrides) throws IOException {
    Path file =
        Files.writeString(
            Files.createTempFile(directory, "train", ".yaml"),
            """
            model: tiny
            replicas: 2
            steps: 8
            inner_steps: 2
            batch: 4
            context: 16
            optimizer: {lr: 1e-2, min_lr: 1e-3, warmup_steps: 2}
            validation: {every_rounds: 2, max_tokens: 512}
            checkpoint: {every_rounds: 1, keep: 4}
            seed: 7
            """);
    return TrainConfig.load(file, List.of(overrides));
  }

  TrainResult train(TrainConfig config, Path run, boolean resume) throws IOException {
    return train(config, run, resume, Surroundings.of(LocalCluster.spark()));
  }

  TrainResult train(TrainConfig config, Path run, boolean resume, Surroundings surroundings)
      throws IOException {
    return TrainJob.run(
        LocalCluster.spark(), config, hadoop(data), hadoop(run), resume, surroundings);
  }

  /** Trains on a corpus that is named by its directory or the manifest of a version. */
  TrainResult train(TrainConfig config, Path corpus, Path run, boolean resume) throws IOException {
    return TrainJob.run(LocalCluster.spark(), config, hadoop(corpus), hadoop(run), resume);
  }

  /** A corpus whose second version has more than its first. */
  void makeVersions(Path corpus) throws IOException {
    Path more =
        Files.writeString(directory.resolve("more.txt"), "What was written since. ".repeat(100));
    Path added = prepare(more, directory.resolve("added"));
    FileSystem fs = FileSystem.getLocal(new Configuration()).getRaw();
    List<Manifest> parts = new ArrayList<>();
    for (Path part : List.of(data, added)) {
      String version = String.format("%06d-", parts.size() + 1);
      Manifest manifest = Manifest.read(fs, hadoop(part));
      Map<String, Manifest.Split> splits = new TreeMap<>();
      for (Map.Entry<String, Manifest.Split> split : manifest.splits().entrySet()) {
        Files.createDirectories(corpus.resolve(split.getKey()));
        Manifest.File file = split.getValue().files().get(0);
        String name = file.name().replace("/", "/" + version);
        Files.copy(part.resolve(file.name()), corpus.resolve(name));
        splits.put(
            split.getKey(),
            new Manifest.Split(
                split.getValue().documents(),
                file.tokens(),
                split.getValue().textBytes(),
                null,
                List.of(new Manifest.File(name, file.tokens(), file.sha256()))));
      }
      parts.add(
          new Manifest(
              manifest.formatVersion(),
              manifest.tokenizer(),
              manifest.dtype(),
              splits,
              manifest.documents(),
              manifest.configuration()));
    }
    Files.copy(data.resolve("tokenizer.json"), corpus.resolve("tokenizer.json"));
    Manifest first = parts.get(0).withVersion(1);
    Files.write(corpus.resolve("manifest-000001.json"), first.bytes());
    Files.write(
        corpus.resolve("manifest-000002.json"), GrownManifest.of(first, parts.get(1), 2).bytes());
  }

  static void makeCurrent(Path corpus, int version) throws IOException {
    Files.copy(
        corpus.resolve(String.format("manifest-%06d.json", version)),
        corpus.resolve("manifest.json"),
        StandardCopyOption.REPLACE_EXISTING);
  }

  static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }

  /** The parameters of a run's newest checkpoint. */
  static byte[] model(Path run) throws IOException {
    try (Stream<Path> checkpoints = Files.list(run.resolve("checkpoints"))) {
      Path newest = checkpoints.max(Path::compareTo).orElseThrow();
      return Files.readAllBytes(newest.resolve("model.safetensors"));
    }
  }

  /** What metrics.jsonl says of training, without the times. */
  static List<String> trainedLines(Path run) throws IOException {
    return MetricsLines.withoutTimes(Files.readAllLines(run.resolve("metrics.jsonl")));
  }

  static List<RoundMetrics> rounds(Path run) throws IOException {
    return records(run, RoundMetrics.class);
  }

  /** What happened in a run, in order. */
  static List<Notice> notices(Path run) throws IOException {
    return records(run, Notice.class);
  }

  /** The records of one kind, in order. */
  static <M extends Metrics> List<M> records(Path run, Class<M> kind) throws IOException {
    List<M> records = new ArrayList<>();
    MetricsFile.read(
        FileSystem.getLocal(new Configuration()),
        hadoop(run.resolve("metrics.jsonl")),
        metrics -> {
          if (kind.isInstance(metrics)) {
            records.add(kind.cast(metrics));
          }
        });
    return records;
  }

  static void delete(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      files
          .sorted((a, b) -> b.compareTo(a))
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
