package io.polyspark.prep.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tokenize.ByteLevelBpe;
import io.polyspark.model.tokenize.HuggingFaceTokenizer;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.DocumentSeparator;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.PrepareOptions;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.FileSource;
import io.polyspark.prep.read.InputFiles;
import io.polyspark.prep.read.ReadOptions;
import io.polyspark.prep.read.ReadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainTokenizerTest {
  private static final Path DATA = Path.of(System.getProperty("data.dir"));

  private static LocalSpark spark;

  @TempDir Path directory;

  @BeforeAll
  static void start() {
    spark = LocalSpark.start();
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @Test
  void theFileOpensInTheLibraryAndBothGiveTheSameIds() throws IOException {
    Path input = Files.createDirectory(directory.resolve("in"));
    List<String> texts = texts(300);
    write(input.resolve("a.jsonl"), texts);
    Path output = directory.resolve("new/tokenizer.json");
    TrainedTokenizer trained = train(options(List.of(input.toString()), output, 700));
    assertThat(trained.vocabularySize()).isEqualTo(700);
    byte[] json = Files.readAllBytes(output);
    try (ByteLevelBpe ours = ByteLevelBpe.open(json, "ours").orElseThrow();
        Tokenizer library = new HuggingFaceTokenizer(json, "the library")) {
      assertThat(ours.vocabSize()).isEqualTo(700);
      assertThat(ours.endOfText()).isZero();
      assertThat(ours.sha256()).isEqualTo(trained.sha256());
      for (String text : texts) {
        int[] ids = ours.encode(text);
        assertThat(ids).isEqualTo(library.encode(text)).hasSizeLessThan(text.length());
        assertThat(ours.decode(ids)).isEqualTo(text);
      }
    }
    try (var files = Files.list(output.getParent())) {
      assertThat(files).containsExactly(output);
    }
    PrepareOptions prepare =
        PrepareOptions.fromFiles(List.of(input.toString()), directory.resolve("out").toString());
    assertThat(
            spark.prepare(prepare.withTokenizer(output.toString())).manifest().tokenizer().sha256())
        .isEqualTo(trained.sha256());
  }

  @Test
  void trainedOnRealTextItGivesTheLibrarysIdsOnAllOfIt() throws IOException {
    assumeTrue(Files.isDirectory(DATA), () -> DATA + " is absent");
    List<String> inputs =
        List.of(DATA.resolve("corpus").toString(), DATA.resolve("web").toString());
    Path output = directory.resolve("tokenizer.json");
    train(options(inputs, output, 4096));
    byte[] json = Files.readAllBytes(output);
    Configuration hadoop = new Configuration(false);
    FileSource source =
        new FileSource(InputFiles.list(inputs, hadoop), ReadOptions.defaults(), Long.MAX_VALUE);
    int documents = 0;
    try (ByteLevelBpe ours = ByteLevelBpe.open(json, "ours").orElseThrow();
        Tokenizer library = new HuggingFaceTokenizer(json, "the library");
        DocumentReader reader = source.open(0, hadoop)) {
      for (ReadResult next = reader.next(); next != null; next = reader.next()) {
        String text = ((Document) next).text();
        assertThat(Arrays.equals(ours.encode(text), library.encode(text)))
            .as(next.place().toString())
            .isTrue();
        documents++;
      }
    }
    assertThat(documents).isEqualTo(33);
  }

  @Test
  void theFileIsTheSameWhateverTheOrderOfFiles() throws IOException {
    List<String> texts = texts(200);
    Path one = Files.createDirectory(directory.resolve("one"));
    Path two = Files.createDirectory(directory.resolve("two"));
    write(one.resolve("a.jsonl"), texts);
    write(two.resolve("a.jsonl"), texts.subList(120, 200));
    write(two.resolve("b.jsonl"), texts.subList(0, 50));
    write(two.resolve("c.jsonl"), texts.subList(50, 120));
    String first = train(options(List.of(one.toString()), directory.resolve("1"), 500)).sha256();
    List<String> files = new ArrayList<>();
    for (String name : List.of("c.jsonl", "a.jsonl", "b.jsonl")) {
      files.add(two.resolve(name).toString());
    }
    assertThat(train(options(files, directory.resolve("2"), 500)).sha256()).isEqualTo(first);
  }

  @Test
  void countsAndMergesAreTheSameOnAnyNumberOfPartitions() throws IOException {
    Path file = directory.resolve("a.jsonl");
    write(file, texts(700));
    Map<String, Long> expected = null;
    BpeVocabulary vocabulary = null;
    for (int partitions : new int[] {1, 7, 64}) {
      long bytes = (Files.size(file) + partitions - 1) / partitions;
      FileSource source =
          new FileSource(
              InputFiles.list(List.of(file.toString()), new Configuration()),
              ReadOptions.defaults().withDocumentSeparator(DocumentSeparator.FILE),
              bytes);
      assertThat(source.partitions()).isEqualTo(partitions);
      // The second time with room for fewer words than there are.
      for (long room : new long[] {1_000_000, 300}) {
        WordCounts counts = WordCounts.count(spark.context(), source, room, 0);
        assertThat(counts.words()).hasSizeLessThanOrEqualTo((int) room);
        if (room == 300) {
          assertThat(counts.leastCount()).isGreaterThan(1);
          continue;
        }
        Map<String, Long> words = new TreeMap<>();
        counts.words().forEach(word -> words.put(word._1(), word._2()));
        BpeVocabulary trained =
            TrainTokenizer.train(counts.words(), options(List.of("x"), directory, 600));
        assertThat(words).isEqualTo(expected == null ? words : expected);
        assertThat(trained).isEqualTo(vocabulary == null ? trained : vocabulary);
        expected = words;
        vocabulary = trained;
      }
    }
    assertThat(expected).containsKeys(" the", "!", " 12").doesNotContainKey("");
  }

  @Test
  void whatIsWrongIsASentenceAndLeavesNothing() throws IOException {
    Path text = Files.writeString(directory.resolve("a.txt"), "abab abab");
    Path output = directory.resolve("tokenizer.json");
    assertRefused(
        options(List.of(text.toString()), output, 300),
        "The text gives no more than 2 merges of pairs that occur at least 2 times, so a vocabulary"
            + " of 259 and not of 300: give more text, --vocab-size 259 or a lower --min-frequency.");
    Path empty = Files.writeString(directory.resolve("empty.txt"), "");
    assertRefused(
        options(List.of(empty.toString()), output, 300),
        "The input " + empty + " is empty: it has 0 bytes; name one with text in it.");
    Path damaged = Files.writeString(directory.resolve("b.jsonl"), "{}\n");
    assertRefused(
        options(List.of(damaged.toString()), output, 300),
        damaged
            + " line 1 has no \"text\"; correct it, or leave out up to N damaged documents with"
            + " --max-rejected N.");
    assertThat(output).doesNotExist();
    Files.writeString(output, "there");
    assertRefused(
        options(List.of(text.toString()), output, 258),
        "The output " + output + " exists; remove it or name another with --output.");
    assertThat(output).hasContent("there");
  }

  private static void assertRefused(TrainTokenizerOptions options, String sentence) {
    assertThatThrownBy(() -> train(options)).isInstanceOf(UserError.class).hasMessage(sentence);
  }

  private static TrainedTokenizer train(TrainTokenizerOptions options) {
    return TrainTokenizer.run(spark.context(), options, PrepareListener.NONE);
  }

  private static TrainTokenizerOptions options(List<String> inputs, Path output, int size) {
    return TrainTokenizerOptions.of(inputs, output.toString(), size);
  }

  private static void write(Path file, List<String> texts) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String text : texts) {
      lines.append("{\"text\": \"").append(text).append("\"}\n");
    }
    Files.writeString(file, lines);
  }

  /** Made-up words, some frequent and most rare. */
  private static List<String> texts(int count) {
    Random random = new Random(3);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder text = new StringBuilder("the");
      for (int words = 5 + random.nextInt(30); words > 0; words--) {
        int word = (int) (2_000 * Math.pow(random.nextDouble(), 4));
        text.append(random.nextInt(9) == 0 ? "! the 12" : " " + Integer.toString(word * 7919, 26));
        text.append(random.nextInt(20) == 0 ? " gr\u00fc\u00df \u4e16\u754c" : "");
      }
      texts.add(text.toString());
    }
    return texts;
  }
}
