package io.polyspark.prep.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.prep.LocalSpark;
import io.polyspark.prep.PrepareListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is damaged among the input of a pipeline, and what else it cannot work with. */
class DamageIsNamedAndCountedTest {
  private static final JsonMapper JSON = new JsonMapper();

  /** Documents and files that are damaged, and whole documents. */
  private static final int DAMAGED = 7;

  private static final int WHOLE = 100;

  @TempDir private static Path directory;
  private static LocalSpark spark;
  private static Nights nights;

  @BeforeAll
  static void damage() throws IOException {
    spark = LocalSpark.forSmallTables();
    nights = new Nights(directory, spark);
    nights.write("web/whole-09:30.jsonl", Nights.texts(0, WHOLE));
    Path web = directory.resolve("web");
    Files.writeString(web.resolve("blank.jsonl"), "{\"text\": \"\"}\n{\"text\": \" \\n\"}\n");
    Files.createFile(web.resolve("nothing.jsonl"));
    Files.writeString(
        web.resolve("lines.jsonl"), "{\"title\": \"none\"}\n{\"text\": \"cut of\n[]\n");
    Files.write(
        web.resolve("latin.jsonl"),
        "{\"text\": \"caf\u00e9\"}\n".getBytes(StandardCharsets.ISO_8859_1));
    Path books = directory.resolve("books");
    Files.write(books.resolve("cut.jsonl.gz"), firstHalf(packed()));
    byte[] image = new byte[5000];
    new Random(1).nextBytes(image);
    Files.write(books.resolve("image.txt"), image);
    Files.write(books.resolve("cut.parquet"), firstHalf(parquet()));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private static byte[] packed() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(("{\"text\": \"" + Nights.text(1000) + "\"}\n").getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static byte[] parquet() throws IOException {
    Path table = directory.resolve("table");
    SparkSession.builder()
        .getOrCreate()
        .createDataset(Nights.texts(2000, 2010), Encoders.STRING())
        .toDF("text")
        .coalesce(1)
        .write()
        .parquet(table.toString());
    try (Stream<Path> files = Files.list(table)) {
      return Files.readAllBytes(
          files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow());
    }
  }

  private static byte[] firstHalf(byte[] bytes) {
    return Arrays.copyOf(bytes, bytes.length / 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "6.5%"})
  void soMuchMayBeLeftOut(String allowed, @TempDir Path parent) throws IOException {
    Path output = parent.resolve("corpus");
    Manifest manifest = run(output, "max_rejected=" + allowed).manifest();

    Map<String, String> reasons = new TreeMap<>();
    for (String line : Files.readAllLines(output.resolve("rejected/documents.jsonl"))) {
      JsonNode said = JSON.readTree(line);
      Path file = Path.of(said.get("file").asText().replaceFirst("^file:", ""));
      String place = said.get("source").asText() + "/" + file.getFileName();
      reasons.put(place + " " + said.get("position").asLong(), said.get("reason").asText());
      assertThat(said.get("description").asText()).startsWith(file.toString());
    }
    assertThat(reasons)
        .isEqualTo(
            new TreeMap<>(
                Map.of(
                    "web/lines.jsonl 0", "no_text",
                    "web/lines.jsonl 18", "invalid_json",
                    "web/lines.jsonl 35", "invalid_json",
                    "web/latin.jsonl 0", "invalid_utf8",
                    "books/cut.jsonl.gz 0", "damaged_gzip",
                    "books/image.txt 0", "binary",
                    "books/cut.parquet 0", "damaged_parquet")))
        .hasSize(DAMAGED);
    assertThat(manifest.documents())
        .isEqualTo(
            new Manifest.Documents(
                WHOLE + DAMAGED + 2,
                WHOLE,
                Map.of(
                    "empty", 2L,
                    "no_text", 1L,
                    "invalid_json", 2L,
                    "invalid_utf8", 1L,
                    "damaged_gzip", 1L,
                    "binary", 1L,
                    "damaged_parquet", 1L)));
    assertThat(Nights.documents(output)).isEqualTo(Nights.upTo(WHOLE));
    JsonNode report = JSON.readTree(output.resolve("report/report.json").toFile());
    assertThat(report.get("rejections")).hasSize(6);
  }

  @ParameterizedTest
  @ValueSource(strings = {"6", "1", "5.5%", "0.0001%"})
  void moreIsRefusedAndLeavesNothing(String allowed, @TempDir Path parent) {
    assertThatThrownBy(() -> run(parent.resolve("corpus"), "max_rejected=" + allowed))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            "More is damaged than max_rejected, " + allowed + ", allows, such as: " + directory);
    assertThat(parent).isEmptyDirectory();
  }

  @Test
  void theFirstIsRefusedWhereNothingIsAllowed(@TempDir Path parent) {
    assertThatThrownBy(() -> run(parent.resolve("corpus")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(directory.toString())
        .hasMessageEndingWith(
            "; correct it, or let a number of documents or a share of them be left out with"
                + " max_rejected.");
    assertThat(parent).isEmptyDirectory();
  }

  @Test
  void aCorpusThatGrowsNamesThemToo(@TempDir Path parent) throws IOException {
    Path data = parent.resolve("corpus");
    nights.grow(data, PrepareListener.NONE, "max_rejected=7", "deduplicate=off");
    assertThat(Files.readAllLines(data.resolve("rejected/000001.jsonl"))).hasSize(DAMAGED);
  }

  @Test
  void sourcesWithNothingInThem(@TempDir Path parent) throws IOException {
    assertPlanRefused("The input " + parent + " is empty", "sources.books.input=" + parent);
    Path empty = Files.createFile(parent.resolve("empty.jsonl"));
    assertPlanRefused("The input " + empty + " is empty", "sources.books.input=" + empty);
    Path blank = Files.writeString(parent.resolve("blank.txt"), " \n\n ");
    assertThatThrownBy(
            () ->
                run(
                    parent.resolve("corpus"),
                    "sources.books.input=" + blank,
                    "sources.web.weight=0"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "No document is left for the train split (1 document read, left out: empty 1); give"
                + " more text, other filters, or another validation_fraction.");
    assertThat(parent.resolve("corpus")).doesNotExist();
    assertPlanRefused(
        "Every source has a weight of 0", "sources.web.weight=0", "sources.books.weight=0");
  }

  @Test
  void aFileThatIsInTwoSources() {
    Path file = directory.resolve("web/whole-09:30.jsonl");
    assertPlanRefused(
        file + " is in the source books and in the source web; name each file in one source.",
        "sources.books.input=" + file);
  }

  @Test
  void tokenizersThatAreDamaged(@TempDir Path parent) throws IOException {
    List<byte[]> damaged = new ArrayList<>();
    for (String json :
        List.of("", "{\"model\": {\"type\": \"BPE\"", "{}", "[]", "null", "\0\0\1")) {
      damaged.add(json.getBytes(StandardCharsets.UTF_8));
    }
    damaged.add(packed());
    Path tokenizer = parent.resolve("tokenizer.json");
    for (byte[] bytes : damaged) {
      Files.write(tokenizer, bytes);
      assertPlanRefused(tokenizer.toString(), "tokenizer=" + tokenizer);
    }
    assertPlanRefused(
        "Cannot read the tokenizer /no/tokenizer.json", "tokenizer=/no/tokenizer.json");
    assertPlanRefused("Cannot read the tokenizer " + parent, "tokenizer=" + parent);
  }

  private static PipelineResult run(Path output, String... overrides) {
    String[] all = Arrays.copyOf(overrides, overrides.length + 1);
    all[overrides.length] = "deduplicate=off";
    return nights.run(output, PrepareListener.NONE, all);
  }

  private static void assertPlanRefused(String sentence, String... overrides) {
    assertThatThrownBy(() -> nights.plan(overrides))
        .as(Arrays.toString(overrides))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(sentence)
        .message()
        .doesNotContain("\n")
        .endsWith(".");
  }
}
