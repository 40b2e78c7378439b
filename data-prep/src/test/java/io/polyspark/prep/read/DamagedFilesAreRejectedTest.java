package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.prep.DocumentSeparator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Text that is damaged, packed or not: what is whole is read, the rest is named once. */
class DamagedFilesAreRejectedTest {
  private static final ReadOptions OPTIONS = ReadOptions.defaults();
  private static final int LINES = 20_000;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {".gz", ".bz2", ".zst"})
  void packedFilesAreReadToTheEndOfTheirLastMember(String suffix) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(pack(suffix, "{\"text\":\"a\"}\n{\"text\""));
    bytes.write(pack(suffix, ":\"b\"}\n"));
    bytes.write(pack(suffix, ""));
    bytes.write(pack(suffix, "{\"text\":\"c\"}"));
    Path lines = Files.write(directory.resolve("a.jsonl" + suffix), bytes.toByteArray());
    assertThat(ReadFiles.lines(ReadFiles.inRanges(lines, OPTIONS, 7)))
        .containsExactly("0 a", "13 b", "26 c");
    Path text = Files.write(directory.resolve("a.txt" + suffix), pack(suffix, "\ufeffone\n\ntwo"));
    assertThat(ReadFiles.lines(ReadFiles.whole(text, OPTIONS))).containsExactly("3 one\n\ntwo");
    assertThat(
            ReadFiles.lines(
                ReadFiles.whole(text, OPTIONS.withDocumentSeparator(DocumentSeparator.BLANK_LINE))))
        .containsExactly("3 one", "8 two");
  }

  @ParameterizedTest
  @CsvSource({".gz, damaged_gzip, gzip", ".bz2, damaged_bzip2, bzip2", ".zst, damaged_zstd, zstd"})
  void whatComesBeforeABreakStays(String suffix, String reason, String title) throws IOException {
    List<String> texts = texts();
    byte[] packed = pack(suffix, String.join("", texts.stream().map(t -> line(t)).toList()));
    Path file = directory.resolve("a.jsonl" + suffix);
    Files.write(file, Arrays.copyOf(packed, packed.length * 2 / 3));
    List<ReadResult> cut = ReadFiles.whole(file, OPTIONS);
    int whole = cut.size() - 1;
    assertThat(whole).isBetween(LINES / 4, LINES * 3 / 4);
    assertThat(texts(cut.subList(0, whole))).isEqualTo(texts.subList(0, whole));
    assertThat(cut.get(whole).place().position())
        .isEqualTo(texts.subList(0, whole).stream().mapToLong(t -> line(t).length()).sum());
    assertBreaks(file, cut, reason, title);

    // What the damaged bytes are unpacked to before a sum shows the damage may be anything.
    for (int i = 0; i < 100; i++) {
      packed[packed.length / 2 + i] ^= 0x55;
    }
    Files.write(file, packed);
    List<ReadResult> changed = ReadFiles.whole(file, OPTIONS);
    int before = LINES / 4;
    assertThat(texts(changed.subList(0, before))).isEqualTo(texts.subList(0, before));
    assertBreaks(file, changed, reason, title);
  }

  private static void assertBreaks(
      Path file, List<ReadResult> results, String reason, String title) {
    Rejection last = (Rejection) results.get(results.size() - 1);
    assertThat(last.reason()).isEqualTo(reason);
    assertThat(last.description().get())
        .startsWith(file + " cannot be decompressed as " + title + " (");
  }

  @ParameterizedTest
  @CsvSource({".gz, damaged_gzip", ".bz2, damaged_bzip2", ".zst, damaged_zstd"})
  void whatIsNotPackedAtAll(String suffix, String reason) throws IOException {
    for (String name : List.of("a.jsonl", "a.txt")) {
      for (String text : List.of("x", "{\"text\":\"plain\"}\n")) {
        Path file = Files.writeString(directory.resolve(name + suffix), text);
        List<ReadResult> results = ReadFiles.whole(file, OPTIONS);
        assertThat(results).as("%s of %s", text, name).hasSize(1);
        assertThat(((Rejection) results.get(0)).reason()).isEqualTo(reason);
        assertThat(results.get(0).place().position()).isZero();
      }
    }
  }

  @Test
  void filesWithNothingInThem() throws IOException {
    Path lines = Files.createFile(directory.resolve("a.jsonl"));
    assertThat(ReadFiles.inRanges(lines, OPTIONS, 3)).isEmpty();
    Path table = Files.createFile(directory.resolve("a.parquet"));
    assertThat(ReadFiles.inRanges(table, OPTIONS, 3))
        .singleElement()
        .satisfies(
            result -> assertThat(((Rejection) result).reason()).isEqualTo("damaged_parquet"));
  }

  @Test
  void bytesThatAreNoText() throws IOException {
    byte[] image = new byte[5_000];
    new Random(1).nextBytes(image);
    Path file = Files.write(directory.resolve("image.txt"), image);
    int nul = new String(image, StandardCharsets.ISO_8859_1).indexOf('\0');
    assertThat(ReadFiles.lines(ReadFiles.whole(file, OPTIONS)))
        .containsExactly("0 binary: " + file + " is no text: byte 0x00 at offset " + nul);
    Files.write(file, "codes \u0001\u0002\u0003\u0004".getBytes(StandardCharsets.UTF_8));
    assertThat(ReadFiles.lines(ReadFiles.whole(file, OPTIONS)))
        .containsExactly("0 binary: " + file + " is no text: byte 0x01 at offset 6");
    Files.writeString(file, "a \u001b[1mlog\u001b[0m of a terminal\b\b with\f one bell \u0007\n");
    assertThat(ReadFiles.documents(file, OPTIONS)).hasSize(1);
  }

  @Test
  void oneRowOfBytesInOtherText() throws IOException {
    Path file = Files.writeString(directory.resolve("a.txt"), "one\n\nt\0o\n\nthree");
    assertThat(
            ReadFiles.lines(
                ReadFiles.whole(file, OPTIONS.withDocumentSeparator(DocumentSeparator.BLANK_LINE))))
        .containsExactly(
            "0 one", "5 binary: " + file + " is no text: byte 0x00 at offset 6", "10 three");
  }

  @Test
  void encodingsThatAreMixed() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write("{\"text\":\"é\"}\n".getBytes(StandardCharsets.UTF_8));
    bytes.write("{\"text\":\"é\"}\n".getBytes(StandardCharsets.ISO_8859_1));
    bytes.write("{\"text\":\"世\"}\n".getBytes(StandardCharsets.UTF_8));
    Path file = Files.write(directory.resolve("a.jsonl"), bytes.toByteArray());
    assertThat(ReadFiles.lines(ReadFiles.whole(file, OPTIONS)))
        .containsExactly(
            "0 é", "14 invalid_utf8: " + file + " is not UTF-8: byte 0xe9 at offset 23", "27 世");
  }

  @Test
  void anotherKeyOfJson() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("a.txt"), "{\"content\":\"a\",\"text\":\"no\"}\n{\"text\":\"b\"}\n");
    ReadOptions options = OPTIONS.withFormat(Format.JSON_LINES).withTextField("content");
    assertThat(ReadFiles.lines(ReadFiles.whole(file, options)))
        .containsExactly("0 a", "28 no_text: " + file + " line 2 has no \"content\"");
  }

  private static List<String> texts() {
    Random random = new Random(2);
    return IntStream.range(0, LINES)
        .mapToObj(i -> "document " + i + " " + Long.toString(random.nextLong() >>> 1, 36))
        .toList();
  }

  private static List<String> texts(List<ReadResult> documents) {
    return documents.stream().map(result -> ((Document) result).text()).toList();
  }

  private static String line(String text) {
    return "{\"text\":\"" + text + "\"}\n";
  }

  private static byte[] pack(String suffix, String text) throws IOException {
    return Packing.pack(suffix, text.getBytes(StandardCharsets.UTF_8));
  }
}
