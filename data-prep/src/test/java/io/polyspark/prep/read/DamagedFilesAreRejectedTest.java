package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStream;
import io.polyspark.prep.DocumentSeparator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
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
    byte[] packed = pack(suffix, lines());
    Path file = directory.resolve("a.jsonl" + suffix);
    Files.write(file, Arrays.copyOf(packed, packed.length * 2 / 3));
    assertBreaks(file, reason, title);
    byte[] flipped = packed.clone();
    for (int i = 0; i < 100; i++) {
      flipped[packed.length / 2 + i] ^= 0x55;
    }
    Files.write(file, flipped);
    assertBreaks(file, reason, title);
  }

  private static void assertBreaks(Path file, String reason, String title) throws IOException {
    List<ReadResult> results = ReadFiles.whole(file, OPTIONS);
    List<ReadResult> documents = results.subList(0, results.size() - 1);
    assertThat(documents).hasSizeBetween(1_000, LINES).hasOnlyElementsOfType(Document.class);
    Rejection last = (Rejection) results.get(results.size() - 1);
    assertThat(last.reason()).isEqualTo(reason);
    assertThat(last.description().get())
        .startsWith(file + " cannot be decompressed as " + title + " (");
    long end = documents.stream().mapToLong(result -> line((Document) result).length()).sum();
    assertThat(last.place().position()).isEqualTo(end);
  }

  @ParameterizedTest
  @CsvSource({".gz, damaged_gzip", ".bz2, damaged_bzip2", ".zst, damaged_zstd"})
  void whatIsNotPackedAtAll(String suffix, String reason) throws IOException {
    for (String name : List.of("a.jsonl", "a.txt")) {
      for (String text : List.of("", "x", "{\"text\":\"plain\"}\n")) {
        Path file = Files.writeString(directory.resolve(name + suffix), text);
        List<ReadResult> results = ReadFiles.whole(file, OPTIONS);
        assertThat(results).as("%s of %s", text, name).hasSize(1);
        assertThat(((Rejection) results.get(0)).reason()).isEqualTo(reason);
        assertThat(results.get(0).place().position()).isZero();
      }
    }
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

  private static String lines() {
    StringBuilder lines = new StringBuilder();
    Random random = new Random(2);
    for (int i = 0; i < LINES; i++) {
      // Digits that do not pack, so that bzip2 has more blocks than one.
      lines.append(
          line(
              "document "
                  + i
                  + " "
                  + Long.toString(random.nextLong() >>> 1, 36)
                  + "x".repeat(40)
                  + Long.toString(random.nextLong() >>> 1, 36)));
    }
    return lines.toString();
  }

  private static String line(Document document) {
    return line(document.text());
  }

  private static String line(String text) {
    return "{\"text\":\"" + text + "\"}\n";
  }

  private static byte[] pack(String suffix, String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        switch (suffix) {
          case ".gz" -> new GZIPOutputStream(bytes);
          case ".bz2" -> new BZip2CompressorOutputStream(bytes, 1);
          default -> new ZstdOutputStream(bytes);
        }) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
