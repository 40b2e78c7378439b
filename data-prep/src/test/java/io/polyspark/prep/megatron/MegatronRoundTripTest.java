package io.polyspark.prep.megatron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.shards.TokenType;
import io.polyspark.model.shards.megatron.DocumentRange;
import io.polyspark.model.shards.megatron.MegatronDocuments;
import io.polyspark.model.shards.megatron.MegatronFile;
import io.polyspark.model.shards.megatron.MegatronWriter;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.DocumentSeparator;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.PrepareOptions;
import io.polyspark.prep.PreparedCorpus;
import io.polyspark.prep.Split;
import io.polyspark.prep.tokenize.SplitRule;
import io.polyspark.prep.tokenize.TokenizeJob;
import io.polyspark.prep.tokenize.TokenizerOption;
import io.polyspark.prep.tokenizer.TrainTokenizer;
import io.polyspark.prep.tokenizer.TrainTokenizerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MegatronRoundTripTest {
  private static final double FRACTION = 0.2;
  private static final long SHARD_TOKENS = 2500;

  private static LocalSpark spark;
  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark =
        new LocalSpark(2, Map.of("spark.serializer", "org.apache.spark.serializer.KryoSerializer"));
  }

  @AfterAll
  static void stopSpark() {
    spark.close();
  }

  @Test
  void bytesComeBackAsTheyWere() throws IOException {
    exportedAndImported(PrepareOptions.BYTE_TOKENIZER);
  }

  @Test
  void tokensComeBackAsTheyWere() throws IOException {
    exportedAndImported(trainedTokenizer());
  }

  /** Shards cut documents, which are whole again in the export. */
  private void exportedAndImported(String tokenizer) throws IOException {
    List<String> texts = texts();
    PreparedCorpus corpus = prepare(texts, tokenizer);
    List<Long> progress = new ArrayList<>();
    ExportMegatron export =
        new ExportMegatron(at("corpus"), at("out/x"), spark.context().hadoopConfiguration());
    Map<String, ExportMegatron.Exported> exported = export.run(progress::add);

    assertThat(progress).isSorted().endsWith(export.tokens());
    Manifest.Split train = corpus.manifest().splits().get(TokenShards.TRAIN);
    assertThat(train.files()).hasSizeGreaterThan(1);
    assertThat(exported.get(TokenShards.TRAIN))
        .isEqualTo(
            new ExportMegatron.Exported(at("out/x_train"), train.documents(), train.tokens()));
    assertThat(names("out"))
        .containsExactly("x_train.bin", "x_train.idx", "x_validation.bin", "x_validation.idx");
    assertThat(exportedTexts(tokenizer)).containsExactlyInAnyOrderElementsOf(texts);

    PreparedCorpus imported =
        imported(List.of(at("out/x_validation"), at("out/x_train")), tokenizer);
    assertThat(withoutManifest("imported")).isEqualTo(withoutManifest("corpus"));
    assertThat(imported.manifest().splits()).isEqualTo(corpus.manifest().splits());
    assertThat(imported.manifest().tokenizer()).isEqualTo(corpus.manifest().tokenizer());
    assertThat(imported.manifest().configuration())
        .containsEntry("megatron", List.of(at("out/x_validation"), at("out/x_train")));
    assertThat(Manifest.read(local(), path("imported"))).isEqualTo(imported.manifest());
  }

  @Test
  void anyPartitionsGiveTheSameCounts() throws IOException {
    prepare(texts(), PrepareOptions.BYTE_TOKENIZER);
    Configuration configuration = spark.context().hadoopConfiguration();
    new ExportMegatron(at("corpus"), at("x"), configuration).run(tokens -> {});
    byte[] json = TokenizerOption.read(TokenizerOption.BYTE, configuration);
    SplitRule rule = new SplitRule(Split.HASH, FRACTION);
    List<org.apache.hadoop.fs.Path> inputs = List.of(path("x_train"), path("x_validation"));
    MegatronSource many = new MegatronSource(inputs, 2000, configuration);
    assertThat(many.partitions()).isGreaterThan(5);
    try (TokenizeJob two =
            TokenizeJob.run(
                spark.context(),
                new MegatronSource(inputs, Long.MAX_VALUE, configuration),
                json,
                rule);
        TokenizeJob divided = TokenizeJob.run(spark.context(), many, json, rule)) {
      assertThat(two.partitions()).hasSize(2);
      assertThat(divided.total()).isEqualTo(two.total());
    }
  }

  @Test
  void everyDocumentEndsOnce() throws IOException {
    write(
        "x", new int[] {65, 66}, new int[] {67, 256}, new int[0], new int[] {256}, new int[] {70});
    PreparedCorpus imported = imported(List.of(at("x")), TokenizerOption.BYTE, 0.5);
    assertThat(imported.manifest().documents())
        .isEqualTo(new Manifest.Documents(5, 3, Map.of("empty", 2L)));
    assertThat(imported.manifest().tokens()).isEqualTo(4 + 3);
    assertThat(
            imported.manifest().splits().values().stream()
                .mapToLong(Manifest.Split::textBytes)
                .sum())
        .isEqualTo(4);
  }

  @Test
  void mistakesAreSentencesAndLeaveNothing() throws IOException {
    prepare(texts(), PrepareOptions.BYTE_TOKENIZER);
    Configuration configuration = spark.context().hadoopConfiguration();
    ExportMegatron export = new ExportMegatron(at("corpus"), at("x"), configuration);
    Files.createFile(directory.resolve("x_validation.idx"));
    assertMistake(
        () -> export.run(tokens -> {}),
        "The output file:%s exists; remove it or name another with --output."
            .formatted(at("x_validation.idx")));
    assertThat(names("")).containsExactly("corpus", "texts.txt", "x_validation.idx");

    assertMistake(
        () -> new ExportMegatron(at(""), at("x"), configuration),
        directory
            + " is no prepared corpus: it has no manifest.json; make one with the verb prep.");
    Files.createDirectory(directory.resolve("file.bin"));
    assertMistake(
        () -> imported(List.of(at("nothing")), TokenizerOption.BYTE),
        "file:%s is no data set of Megatron's, which is two files, nothing.bin and nothing.idx; name"
            .formatted(at("nothing")));
    write("y", new int[] {1, 2, 3}, new int[] {4, 300});
    assertMistake(
        () -> imported(List.of(at("y")), TokenizerOption.BYTE),
        "file:%s.bin is damaged (document 1 has the id 300 where the tokenizer has 257;"
            .formatted(at("y")));
    write("z", new int[] {1, 2});
    assertMistake(
        () -> imported(List.of(at("z")), TokenizerOption.BYTE),
        "The hash of the 1 documents with tokens leaves the validation split empty;");
    write("none");
    assertMistake(
        () -> imported(List.of(at("none")), TokenizerOption.BYTE),
        "The input %s has no documents; name data sets with some.".formatted(at("none")));
    assertThat(names("")).doesNotContain("imported").noneMatch(name -> name.startsWith("_"));
  }

  @Test
  void aDamagedShardIsNotExported() throws IOException {
    prepare(texts(), PrepareOptions.BYTE_TOKENIZER);
    Path shard = directory.resolve("corpus/train/00001.npy");
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 2]++;
    Files.write(shard, bytes);
    ExportMegatron export =
        new ExportMegatron(at("corpus"), at("x"), spark.context().hadoopConfiguration());
    assertMistake(() -> export.run(tokens -> {}), shard + " has SHA-256 ");
    assertThat(names("")).containsExactly("corpus", "texts.txt");
  }

  private PreparedCorpus prepare(List<String> texts, String tokenizer) throws IOException {
    Files.writeString(directory.resolve("texts.txt"), String.join("\n\n", texts));
    return spark.prepare(
        PrepareOptions.fromFiles(List.of(at("texts.txt")), at("corpus"))
            .withDocumentSeparator(DocumentSeparator.BLANK_LINE)
            .withTokenizer(tokenizer)
            .withSplit(Split.HASH, FRACTION)
            .withShardTokens(SHARD_TOKENS));
  }

  private PreparedCorpus imported(List<String> inputs, String tokenizer) {
    return imported(inputs, tokenizer, FRACTION);
  }

  private PreparedCorpus imported(List<String> inputs, String tokenizer, double fraction) {
    ImportOptions options =
        new ImportOptions(inputs, tokenizer, at("imported"), fraction, SHARD_TOKENS);
    return ImportMegatron.run(spark.context(), options, PrepareListener.NONE);
  }

  private String trainedTokenizer() throws IOException {
    Files.writeString(directory.resolve("texts.txt"), String.join("\n\n", texts()));
    TrainTokenizer.run(
        spark.context(),
        new TrainTokenizerOptions(
            List.of(at("texts.txt")),
            at("tokenizer.json"),
            310,
            List.of(TrainTokenizerOptions.DEFAULT_SPECIAL),
            2,
            1000,
            DocumentSeparator.BLANK_LINE,
            0),
        PrepareListener.NONE);
    return at("tokenizer.json");
  }

  private List<String> exportedTexts(String tokenizerName) throws IOException {
    List<String> texts = new ArrayList<>();
    byte[] json = TokenizerOption.read(tokenizerName, new Configuration());
    try (Tokenizer tokenizer = Tokenizer.load(json)) {
      for (String split : List.of(TokenShards.TRAIN, TokenShards.VALIDATION)) {
        try (MegatronFile file = MegatronFile.open(local(), path("out/x_" + split));
            MegatronDocuments documents =
                file.documents(new DocumentRange(0, file.documents()), tokenizer.vocabSize())) {
          for (int[] ids = documents.next(); ids != null; ids = documents.next()) {
            assertThat(ids).endsWith(tokenizer.endOfText());
            texts.add(tokenizer.decode(ids));
          }
        }
      }
    }
    return texts;
  }

  private void write(String name, int[]... documents) throws IOException {
    try (MegatronWriter writer = new MegatronWriter(local(), path(name), TokenType.UINT16)) {
      for (int[] document : documents) {
        writer.write(document, 0, document.length);
        writer.endDocument();
      }
      writer.finish();
      writer.commit();
    }
  }

  private static List<String> texts() {
    String[] words = {"river", "garden", "Fenster", "été", "语言", "walked", "quietly", "because"};
    Random random = new Random(5);
    List<String> texts = new ArrayList<>();
    for (int document = 0; document < 120; document++) {
      StringBuilder text = new StringBuilder("Document ").append(document);
      for (int word = random.nextInt(document == 60 ? 3000 : 40); word >= 0; word--) {
        text.append(' ').append(words[random.nextInt(words.length)]);
      }
      texts.add(text.toString());
    }
    return texts;
  }

  private Map<String, String> withoutManifest(String corpus) throws IOException {
    Map<String, String> sums = new LinkedHashMap<>(LocalSpark.sums(directory.resolve(corpus)));
    sums.remove(Manifest.FILE);
    return sums;
  }

  private static void assertMistake(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String sentence) {
    assertThatThrownBy(call).isInstanceOf(UserError.class).hasMessageStartingWith(sentence);
  }

  private String at(String name) {
    return directory.resolve(name).toString();
  }

  private org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path(directory.resolve(name).toUri());
  }

  private static FileSystem local() throws IOException {
    return FileSystem.getLocal(new Configuration()).getRaw();
  }

  private List<String> names(String of) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve(of))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
