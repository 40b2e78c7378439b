package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tokenize.ByteTokenizer;
import io.polyspark.model.tokenize.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparedCorpusHoldsTheTextTest {
  private static final Path DATA = Path.of(System.getProperty("data.dir"));
  private static LocalSpark spark;

  @TempDir Path directory;

  @BeforeAll
  static void startSpark() {
    spark = LocalSpark.start();
  }

  @AfterAll
  static void stopSpark() {
    spark.close();
  }

  @Test
  void tailOfTinyShakespeareByBytes() throws IOException {
    Path text = DATA.resolve("corpus/tinyshakespeare.txt");
    assumeTrue(Files.exists(text), () -> text + " is absent");
    PreparedCorpus corpus =
        spark.prepare(
            PrepareOptions.fromFiles(List.of(text.toString()), output().toString())
                .withSplit(Split.TAIL, 0.1));

    byte[] bytes = Files.readAllBytes(text);
    int head = 1_003_854;
    assertThat(LocalSpark.tokens(output(), TokenShards.TRAIN))
        .isEqualTo(withEnd(Arrays.copyOf(bytes, head)));
    assertThat(LocalSpark.tokens(output(), TokenShards.VALIDATION))
        .isEqualTo(withEnd(Arrays.copyOfRange(bytes, head, bytes.length)));
    Manifest manifest = corpus.manifest();
    assertThat(manifest.dtype()).isEqualTo("<u2");
    assertThat(manifest.tokenizer().vocabSize()).isEqualTo(257);
    assertThat(manifest.splits().get(TokenShards.TRAIN).textBytes()).isEqualTo(head);
    assertThat(manifest.splits().get(TokenShards.VALIDATION).textBytes())
        .isEqualTo(bytes.length - head);
    assertThat(manifest.documents()).isEqualTo(new Manifest.Documents(1, 1, Map.of()));
    assertThat(Files.readAllBytes(output().resolve("tokenizer.json")))
        .isEqualTo(new ByteTokenizer().json());
  }

  @Test
  void wikitextByGptNeoxIsWhatTheLibraryGives() throws IOException {
    Path json = DATA.resolve("tokenizers/gpt-neox-olmo-dolma-v1_5.json");
    Path wikitext = DATA.resolve("corpus/wikitext-2");
    assumeTrue(Files.exists(json) && Files.exists(wikitext), () -> json + " is absent");
    PreparedCorpus corpus =
        spark.prepare(
            PrepareOptions.fromFiles(List.of(wikitext + "/{valid,test}.txt"), output().toString())
                .withTokenizer(json.toString())
                .withDocumentSeparator(DocumentSeparator.BLANK_LINE)
                .withShardTokens(100_000));

    List<int[]> expected = new ArrayList<>();
    int testTokens = 0;
    try (Tokenizer library = Tokenizer.load(Files.readAllBytes(json))) {
      for (String name : List.of("test.txt", "valid.txt")) {
        for (String document : paragraphs(Files.readString(wikitext.resolve(name)))) {
          expected.add(library.encode(document));
          testTokens += name.equals("test.txt") ? expected.get(expected.size() - 1).length : 0;
        }
      }
    }
    assertThat(testTokens).isEqualTo(293_904);
    int[] train = LocalSpark.tokens(output(), TokenShards.TRAIN);
    int[] validation = LocalSpark.tokens(output(), TokenShards.VALIDATION);
    int atTrain = 0;
    int atValidation = 0;
    for (int[] document : expected) {
      if (startsWith(validation, atValidation, document)) {
        atValidation += document.length + 1;
      } else {
        assertThat(startsWith(train, atTrain, document)).isTrue();
        atTrain += document.length + 1;
      }
    }
    assertThat(atTrain).isEqualTo(train.length);
    assertThat(atValidation).isEqualTo(validation.length).isPositive();
    Manifest manifest = corpus.manifest();
    assertThat(manifest.documents().kept()).isEqualTo(expected.size());
    assertThat(manifest.splits().get(TokenShards.TRAIN).files())
        .hasSizeGreaterThan(2)
        .extracting(Manifest.File::tokens)
        .startsWith(100_000L, 100_000L);
  }

  @Test
  void everyKindOfFileIsReadInTheOrderOfPaths() throws IOException {
    Path input = Files.createDirectories(directory.resolve("in/deeper")).getParent();
    Files.writeString(input.resolve("b.txt"), "\ufeffplain\n");
    gzip(input.resolve("c.txt.gz"), "zipped é\n");
    Files.writeString(input.resolve("d.jsonl"), "{\"text\": \"line one\"}\n\n{\"text\":\"two\"}");
    gzip(input.resolve("e.json.gz"), "{\"url\": 1, \"text\": \"web\\n\"}\n");
    Files.writeString(
        input.resolve("deeper/a.ndjson"), "{\"text\": \"\"}\r\n{\"text\": \"nd\"}\r\n");
    Files.writeString(input.resolve("_SUCCESS"), "hidden");
    Files.createDirectories(input.resolve(".git"));
    Files.writeString(input.resolve(".git/HEAD"), "hidden");

    PreparedCorpus corpus =
        spark.prepare(
            PrepareOptions.fromFiles(
                    List.of(input.toString(), input + "/*.txt"), output().toString())
                .withSplit(Split.TAIL, 1e-9)
                .withShardTokens(7));
    // The tail of a document is at least its last character.
    String tokens = new ByteTokenizer().decode(LocalSpark.tokens(output(), TokenShards.TRAIN));
    assertThat(tokens).isEqualTo("plainzipped éline ontwnweb");
    assertThat(new ByteTokenizer().decode(LocalSpark.tokens(output(), TokenShards.VALIDATION)))
        .isEqualTo("\n\neod\n");
    assertThat(corpus.manifest().documents())
        .isEqualTo(new Manifest.Documents(7, 6, Map.of("empty", 1L)));
    try (var entries = Files.list(output())) {
      assertThat(entries.map(entry -> entry.getFileName().toString()))
          .containsExactlyInAnyOrder("train", "validation", "manifest.json", "tokenizer.json");
    }
  }

  @Test
  void aTailNeverCutsACharacter() throws IOException {
    Path text = directory.resolve("text.txt");
    Files.writeString(text, "aé世🙂".repeat(3));
    for (double fraction : new double[] {0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4}) {
      Path corpus = directory.resolve("corpus-" + fraction);
      spark.prepare(
          PrepareOptions.fromFiles(List.of(text.toString()), corpus.toString())
              .withSplit(Split.TAIL, fraction));
      ByteTokenizer bytes = new ByteTokenizer();
      assertThat(
              bytes.decode(LocalSpark.tokens(corpus, TokenShards.TRAIN))
                  + bytes.decode(LocalSpark.tokens(corpus, TokenShards.VALIDATION)))
          .isEqualTo("aé世🙂".repeat(3));
    }
  }

  @Test
  void oneDocumentFallsBackToItsTail() throws IOException {
    Path text = directory.resolve("text.txt");
    Files.writeString(text, "x".repeat(1000));
    PreparedCorpus corpus =
        spark.prepare(PrepareOptions.fromFiles(List.of(text.toString()), output().toString()));
    assertThat(corpus.warnings())
        .containsExactly(
            "The hash of the only document leaves the validation split empty, so the last 0.01 of"
                + " every document is held out instead (--split tail).");
    assertThat(LocalSpark.tokens(output(), TokenShards.VALIDATION)).hasSize(11);
    assertThat(corpus.manifest().configuration()).containsEntry("split", "tail");
  }

  @Test
  void hashSplitHoldsOutAboutTheFraction() throws IOException {
    Path lines = directory.resolve("lines.txt");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 4000; i++) {
      text.append("document ").append(i).append("\n\n");
    }
    Files.writeString(lines, text);
    PreparedCorpus corpus =
        spark.prepare(
            PrepareOptions.fromFiles(List.of(lines.toString()), output().toString())
                .withDocumentSeparator(DocumentSeparator.BLANK_LINE)
                .withSplit(Split.HASH, 0.25));
    // Binomial: 1000 documents, standard deviation 27.
    assertThat(corpus.manifest().splits().get(TokenShards.VALIDATION).documents())
        .isBetween(880L, 1120L);
    assertThat(corpus.manifest().splits().get(TokenShards.VALIDATION).entropyBitsPerByte())
        .isNull();
  }

  private Path output() {
    return directory.resolve("corpus");
  }

  private static int[] withEnd(byte[] bytes) {
    int[] ids = new int[bytes.length + 1];
    for (int i = 0; i < bytes.length; i++) {
      ids[i] = bytes[i] & 0xff;
    }
    ids[bytes.length] = 256;
    return ids;
  }

  private static boolean startsWith(int[] tokens, int at, int[] document) {
    int end = at + document.length;
    return end < tokens.length
        && tokens[end] == 50_279
        && Arrays.equals(tokens, at, end, document, 0, document.length);
  }

  /** Blank-line documents, found with a regular expression on the whole text. */
  private static List<String> paragraphs(String text) {
    return Arrays.stream(text.replaceFirst("^(\\s*\n)+", "").split("\n(?:[ \t]*\n)+"))
        .map(paragraph -> paragraph.endsWith("\n") ? paragraph.stripTrailing() : paragraph)
        .toList();
  }

  private static void gzip(Path file, String text) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
