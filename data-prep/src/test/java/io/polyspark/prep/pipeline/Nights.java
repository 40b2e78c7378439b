package io.polyspark.prep.pipeline;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.ManifestFiles;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Inputs that change from night to night, the pipeline that runs on them, and what it made. */
final class Nights {
  private static final int END_OF_TEXT = 256;
  private static final int WORDS = 40;
  private static final int VOCABULARY = 5000;

  private final Path directory;
  private final LocalSpark spark;

  /** Two sources, whose documents stay as they are. */
  Nights(Path directory, LocalSpark spark) throws IOException {
    this.directory = directory;
    this.spark = spark;
    Files.createDirectories(directory.resolve("web"));
    Files.createDirectories(directory.resolve("books"));
    Files.writeString(
        directory.resolve("nightly.yaml"),
        """
        sources:
          web: {input: %1$s/web}
          books: {input: %1$s/books}
        deduplicate: on
        validation_fraction: 0.2
        shard_tokens: 8000
        partition_bytes: 20000
        """
            .formatted(directory));
  }

  /** Texts of random words, none like another, each by its number. */
  static List<String> texts(int from, int to) {
    return IntStream.range(from, to).mapToObj(Nights::text).toList();
  }

  static String text(int number) {
    SplittableRandom random = new SplittableRandom(number);
    return String.join(
        " ",
        random.ints(WORDS, 0, VOCABULARY).mapToObj(word -> "word" + word).toArray(String[]::new));
  }

  /** A text that is similar to another. */
  static String like(int number) {
    return text(number) + " changed";
  }

  /** The inputs of the first night, and no others. */
  void first() throws IOException {
    for (String source : List.of("web", "books")) {
      try (Stream<Path> files = Files.list(directory.resolve(source))) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
    write("web/a.jsonl", texts(0, 30));
    write("web/b.jsonl", texts(30, 60));
    write("books/x.jsonl", texts(60, 90));
  }

  /** After the first: new, changed, copied and gone files, and duplicates of the night before. */
  void second() throws IOException {
    write("web/c.jsonl", join(texts(90, 120), texts(50, 70)));
    write("web/b.jsonl", join(texts(120, 140), texts(45, 60)));
    write("web/a-copy.jsonl", texts(0, 30));
    write("books/y.jsonl", join(List.of(like(3)), texts(140, 150)));
    remove("books/x.jsonl");
  }

  /** After the second: duplicates of both, a file that is gone and one that comes back. */
  void third() throws IOException {
    write("web/d.jsonl", join(texts(150, 170), texts(20, 30)));
    write("books/z.jsonl", join(texts(110, 130), List.of(like(142))));
    write("books/x.jsonl", texts(60, 90));
    remove("web/a.jsonl");
  }

  /** All documents up to a number, sorted. */
  static List<String> upTo(int number) {
    return texts(0, number).stream().sorted().toList();
  }

  private static List<String> join(List<String> some, List<String> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  /** Writes documents into a file of a source, {@code web/a.jsonl}. */
  void write(String file, List<String> texts) throws IOException {
    Corpus.write(directory.resolve(file), texts);
  }

  void remove(String file) throws IOException {
    Files.delete(directory.resolve(file));
  }

  Path directory() {
    return directory;
  }

  PipelinePlan plan(String... overrides) {
    PipelineConfig config =
        PipelineFile.load(directory.resolve("nightly.yaml"), List.of(overrides), List.of());
    return PipelinePlan.of(config, spark.context().hadoopConfiguration());
  }

  /** What is said of a corpus before Spark starts. */
  void requireGrowable(Path data, String... overrides) throws IOException {
    Pipeline.requireGrowable(plan(overrides), hadoop(data), spark.context().hadoopConfiguration());
  }

  PipelineResult grow(Path data, PrepareListener listener, String... overrides) {
    return Pipeline.grow(spark.context(), plan(overrides), hadoop(data), listener);
  }

  PipelineResult run(Path output, PrepareListener listener, String... overrides) {
    return Pipeline.run(spark.context(), plan(overrides), hadoop(output), listener);
  }

  static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path("file", null, path.toString());
  }

  /** The local disk, without hidden sums. */
  static FileSystem disk() throws IOException {
    RawLocalFileSystem disk = new RawLocalFileSystem();
    disk.initialize(disk.getUri(), new Configuration());
    return disk;
  }

  /** Everything in a corpus that a version has, and nothing that belongs to runs. */
  static Map<String, String> published(Path data) throws IOException {
    Map<String, String> sums = LocalSpark.sums(data);
    sums.keySet().removeIf(name -> name.startsWith("_work") || name.startsWith("_lease"));
    return sums;
  }

  /** The names of those, but for the index, whose files have other names each time. */
  static Set<String> names(Path data) throws IOException {
    Set<String> names = published(data).keySet();
    names.removeIf(name -> name.startsWith("_state/index/"));
    return names;
  }

  /** The sums of the shards that a version has added, in the order of their names. */
  static List<String> added(Path data, long version) throws IOException {
    String prefix = String.format("%06d-", version);
    Map<String, String> sums = new TreeMap<>(LocalSpark.sums(data));
    sums.keySet().removeIf(name -> !name.contains("/" + prefix) || !name.endsWith(".npy"));
    return sums.entrySet().stream()
        .map(entry -> entry.getKey().replace(prefix, "") + " " + entry.getValue())
        .toList();
  }

  /**
   * All documents of a corpus, sorted, its files' sums checked.
   *
   * @param named the directory, or a manifest in it
   */
  static List<String> documents(Path named) throws IOException {
    List<String> texts = new ArrayList<>();
    for (String split : List.of(TokenShards.TRAIN, TokenShards.VALIDATION)) {
      texts.addAll(documents(named, split));
    }
    Collections.sort(texts);
    return texts;
  }

  /** Those of a split, in their order. */
  static List<String> documents(Path named, String split) throws IOException {
    FileSystem fs = disk();
    org.apache.hadoop.fs.Path path = hadoop(named);
    Path corpus = Path.of(ManifestFiles.directory(path).toUri().getPath());
    List<String> texts = new ArrayList<>();
    for (Manifest.File file : Manifest.read(fs, path).splits().get(split).files()) {
      TokenShards.verify(fs, path, file);
      decode(Files.readAllBytes(corpus.resolve(file.name())), file.tokens(), texts);
    }
    return texts;
  }

  /** Ids of the byte tokenizer, two bytes each, behind the header. */
  private static void decode(byte[] shard, long tokens, List<String> texts) {
    ByteBuffer ids = ByteBuffer.wrap(shard).order(ByteOrder.LITTLE_ENDIAN);
    ids.position((int) (shard.length - 2 * tokens));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    while (ids.hasRemaining()) {
      int id = ids.getShort();
      if (id == END_OF_TEXT) {
        texts.add(text.toString(StandardCharsets.UTF_8));
        text.reset();
      } else {
        text.write(id);
      }
    }
  }

  /** Copies a corpus. */
  static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      files.forEach(
          file -> {
            try {
              Files.copy(file, to.resolve(from.relativize(file).toString()));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    return to;
  }
}
