package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.prep.read.TaskMemory;
import io.polyspark.prep.verify.VerifyCorpus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every mistake is one exact sentence and leaves nothing behind. */
class BadInputTest {
  private static LocalSpark spark;

  @TempDir Path directory;
  private Path results;

  @BeforeAll
  static void startSpark() {
    spark = LocalSpark.start();
  }

  @AfterAll
  static void stopSpark() {
    spark.close();
  }

  @BeforeEach
  void makeResults() throws IOException {
    results = Files.createDirectory(directory.resolve("results"));
  }

  @AfterEach
  void nothingIsLeftBehind() throws IOException {
    try (Stream<Path> entries = Files.list(results)) {
      assertThat(entries).isEmpty();
    }
    assertThat(spark.context().getPersistentRDDs()).isEmpty();
  }

  @Test
  void missingInput() {
    assertRefused(
        options("/no/such/file"),
        "The input /no/such/file does not exist; name a file, a directory or a glob that matches"
            + " some.");
    assertRefused(
        options(directory + "/*.txt"),
        "The input "
            + directory
            + "/*.txt does not exist; name a file, a directory or a glob that matches some.");
  }

  @Test
  void emptyInput() throws IOException {
    Path empty = Files.createFile(directory.resolve("empty.txt"));
    assertRefused(
        options(empty.toString()),
        "The input " + empty + " is empty: it has 0 bytes; name one with text in it.");
    Path folder = Files.createDirectory(directory.resolve("folder"));
    assertRefused(
        options(folder.toString()),
        "The input " + folder + " is empty: there is no file in it; name one with text in it.");
    Path blank = write("blank.txt", " \n\n \n");
    assertRefused(
        options(blank.toString()),
        "The input "
            + blank
            + " has no text: 1 document was read and left out ({empty=1}); name files with text in"
            + " them.");
  }

  @Test
  void textThatIsNotUtf8() throws IOException {
    Path latin = directory.resolve("latin.txt");
    Files.write(latin, "caf\u00e9 au lait".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(
        options(latin.toString()),
        latin
            + " is not UTF-8: byte 0xe9 at offset 3; correct it, or leave out up to N damaged"
            + " documents with --max-rejected N.");
    Path cut = directory.resolve("cut.txt");
    Files.write(cut, new byte[] {'o', 'k', '\n', '\n', 'a', (byte) 0xc3});
    assertRefused(
        options(cut.toString()).withDocumentSeparator(DocumentSeparator.BLANK_LINE),
        cut
            + " is not UTF-8: byte 0xc3 at offset 5; correct it, or leave out up to N damaged"
            + " documents with --max-rejected N.");
  }

  @Test
  void linesWithoutText() throws IOException {
    String advice = "; correct it, or leave out up to N damaged documents with --max-rejected N.";
    Path lines = write("a.jsonl", "{\"text\": \"fine\"}\n\n{\"txt\": \"no\"}\n{\"text\": 7}\n");
    assertRefused(options(lines.toString()), lines + " line 3 has no \"text\"" + advice);
    write("a.jsonl", "{\"text\": 7}\n");
    assertRefused(
        options(lines.toString()), lines + " line 1 has a \"text\" that is no string" + advice);
    write("a.jsonl", "{\"text\": \"fine\"}\n[1]\n");
    assertRefused(options(lines.toString()), lines + " line 2 is no JSON object" + advice);
    write("a.jsonl", "{\"text\": \"\\ud800\"}\n");
    assertRefused(
        options(lines.toString()),
        lines + " line 1 has half of a surrogate pair in its \"text\"" + advice);
    write("a.jsonl", "{\"text\": \"fine\"}\n{\"text\": \"fine\"} more\n");
    assertThatThrownBy(() -> spark.prepare(options(lines.toString())))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(lines + " line 2 is no JSON (")
        .hasMessageEndingWith(advice)
        .hasMessageNotContaining("\n");
  }

  @Test
  void aDamagedCorpusIsNamedWithItsManifest() throws IOException {
    PreparedCorpus corpus =
        spark.prepare(options(write("a.txt", "some text ".repeat(500)).toString()));
    Path data = Path.of(corpus.output().toUri());
    List<String> splits = List.of(TokenShards.TRAIN, TokenShards.VALIDATION);
    VerifyCorpus.run(spark.context(), corpus.output(), splits);
    Path shard = data.resolve("train/00000.npy");
    byte[] whole = Files.readAllBytes(shard);
    byte[] bytes = whole.clone();
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);
    assertThatThrownBy(() -> VerifyCorpus.run(spark.context(), corpus.output(), splits))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("train/00000.npy has SHA-256 ")
        .hasMessageContaining("manifest.json");
    Files.write(shard, whole);
    Files.writeString(data.resolve("tokenizer.json"), "{}");
    assertThatThrownBy(() -> VerifyCorpus.run(spark.context(), corpus.output(), splits))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("tokenizer.json has SHA-256 ")
        .hasMessageContaining("manifest.json");
    deleteCorpus();
  }

  @Test
  void gzipThatBreaksOff() throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write("text ".repeat(5000).getBytes(StandardCharsets.UTF_8));
    }
    Path file = directory.resolve("a.txt.gz");
    Files.write(file, Arrays.copyOf(zipped.toByteArray(), zipped.size() - 12));
    assertThatThrownBy(() -> spark.prepare(options(file.toString())))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file + " cannot be decompressed as gzip (");
    write("a.txt.gz", "no gzip at all");
    assertThatThrownBy(() -> spark.prepare(options(file.toString())))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file + " cannot be decompressed as gzip (");
  }

  @Test
  void whatComesBeforeTheBreakInGzipIsReadOnce() throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      for (int i = 0; i < 20_000; i++) {
        out.write(("{\"text\": \"document number " + i + "\"}\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    Path file = directory.resolve("a.jsonl.gz");
    Files.write(file, Arrays.copyOf(zipped.toByteArray(), zipped.size() / 2));
    PreparedCorpus corpus = spark.prepare(options(file.toString()).withMaxRejected(1));
    Manifest.Documents documents = corpus.manifest().documents();
    assertThat(documents.dropped()).isEqualTo(Map.of("damaged_gzip", 1L));
    assertThat(documents.kept()).isBetween(1L, 19_999L);
    deleteCorpus();
  }

  @Test
  void someDamageMayBeLeftOut() throws IOException {
    StringBuilder lines = new StringBuilder("{}\n");
    for (int i = 0; i < 100; i++) {
      lines.append("{\"text\": \"document number ").append(i).append("\"}\n");
    }
    Path file = write("a.jsonl", lines + "{\"text\": null}\nno JSON\n");
    assertRefused(
        options(file.toString()).withMaxRejected(2),
        "More than 2 documents are damaged (--max-rejected), the first: "
            + file
            + " line 1 has no \"text\".");
    PreparedCorpus corpus = spark.prepare(options(file.toString()).withMaxRejected(3));
    assertThat(corpus.manifest().documents())
        .isEqualTo(new Manifest.Documents(103, 100, Map.of("invalid_json", 1L, "no_text", 2L)));
    assertThat(Files.readAllLines(results.resolve("corpus/rejected/documents.jsonl")))
        .hasSize(3)
        .first()
        .isEqualTo(
            """
            {"file":"file:%s","position":0,"reason":"no_text","description":"%s line 1 has no \\"text\\""}"""
                .formatted(file, file));
    deleteCorpus();
  }

  @Test
  void documentThatNoTaskCanHold() throws IOException {
    Path file = directory.resolve("large.txt");
    long memory = TaskMemory.of(spark.context());
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(memory / 10 + 1);
    }
    assertRefused(
        options(file.toString()),
        String.format(
            "%s has more than %d MB, too large for a task of %d MB (divide the file, use"
                + " --document-separator blank-line, or give executors more memory or fewer cores); correct"
                + " it, or leave out up to N damaged documents with --max-rejected N.",
            file, (memory / 10) >> 20, memory >> 20));
  }

  @Test
  void outputThatExists() throws IOException {
    Path text = write("text.txt", "some text");
    Path output = Files.createDirectory(directory.resolve("there"));
    assertRefused(
        PrepareOptions.fromFiles(List.of(text.toString()), output.toString()),
        "The output directory " + output + " exists; remove it or name another with --output.");
    assertThat(output).isEmptyDirectory();
  }

  @Test
  void parentsMadeForAFailedRunAreRemoved() throws IOException {
    Path lines = write("a.jsonl", "{}");
    assertThatThrownBy(
            () ->
                spark.prepare(
                    PrepareOptions.fromFiles(
                        List.of(lines.toString()), results + "/new/deeper/corpus")))
        .isInstanceOf(UserError.class);
  }

  @Test
  void tokenizerThatIsNone() throws IOException {
    Path text = write("text.txt", "some text");
    assertThatThrownBy(
            () -> spark.prepare(options(text.toString()).withTokenizer("/no/tokenizer.json")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("Cannot read the tokenizer /no/tokenizer.json (");
    assertRefused(
        options(text.toString()).withTokenizer(text.toString()),
        text
            + " is no JSON (Unrecognized token 'some': was expecting (JSON String, Number, Array,"
            + " Object or token 'null', 'true' or 'false')): give a tokenizer.json of Hugging"
            + " Face's format.");
  }

  @Test
  void tooLittleTextToDivide() throws IOException {
    Path text = write("text.txt", "x");
    assertRefused(
        options(text.toString()),
        "The input has too little text for a validation fraction of 0.01: the train split would be"
            + " empty; give more text or another --validation-fraction.");
  }

  @Test
  void optionsOutOfRange() {
    assertThatThrownBy(() -> options("x").withSplit(Split.HASH, 1))
        .isInstanceOf(UserError.class)
        .hasMessage("--validation-fraction is 1.0; it must lie between 0 and 1.");
    assertThatThrownBy(() -> PrepareOptions.fromFiles(List.of(), "out"))
        .isInstanceOf(UserError.class)
        .hasMessage("Give either --input PATH... or --synthetic SIZE, one of the two.");
    assertThatThrownBy(() -> options("x").withMaxRejected(-1)).isInstanceOf(UserError.class);
    assertThatThrownBy(() -> options("x").withShardTokens(1)).isInstanceOf(UserError.class);
  }

  private void assertRefused(PrepareOptions options, String sentence) {
    assertThatThrownBy(() -> spark.prepare(options))
        .isInstanceOf(UserError.class)
        .hasMessage(sentence);
  }

  private PrepareOptions options(String input) {
    return PrepareOptions.fromFiles(List.of(input), results.resolve("corpus").toString());
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private void deleteCorpus() throws IOException {
    Path corpus = results.resolve("corpus");
    assertThat(LocalSpark.tokens(corpus, TokenShards.TRAIN)).isNotEmpty();
    try (Stream<Path> files = Files.walk(corpus)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
