package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Crawls as crawlers write them, and as transfers break them. */
class WarcPagesAreDocumentsTest {
  private static final ReadOptions OPTIONS = ReadOptions.defaults();
  private static final String ARTICLE =
      "The harbour of the old town was built in three parts, each by another mayor, and each with"
          + " another idea of what ships would need. The first had wooden piers, which the sea"
          + " took within ten years; the second, of stone, still stands, and boats lie at it.";

  @TempDir Path directory;

  @Test
  void pagesOfHtmlGiveTheirMainText() throws IOException {
    Path file = write("crawl.warc.gz", crawl());
    List<String> whole = read(file, OPTIONS);
    assertThat(whole).containsExactly("2 " + mainText("Größe"), "3 " + mainText("Ökonomie"));
    for (int ranges : new int[] {7, 64}) {
      long bytes = Files.size(file) / ranges;
      assertThat(ReadFiles.lines(ReadFiles.inRanges(file, OPTIONS, bytes))).isEqualTo(whole);
    }
    assertThat(read(write("crawl.warc", crawl()), OPTIONS)).isEqualTo(whole);
    byte[] plain = Files.readAllBytes(directory.resolve("crawl.warc"));
    for (String suffix : List.of(".gz", ".bz2", ".zst")) {
      Path packed = directory.resolve("whole.warc" + suffix);
      Files.write(packed, Packing.pack(suffix, plain));
      assertThat(read(packed, OPTIONS)).as(suffix).isEqualTo(whole);
    }
  }

  @Test
  void conversionsGiveTheirTextAsItIs() throws IOException {
    Path file =
        write(
            "crawl.warc.wet.gz",
            List.of(record("warcinfo", "", ""), text("Menu\n\nGröße  of\tit\n"), text("two")));
    assertThat(read(file, OPTIONS)).containsExactly("1 Menu\n\nGröße  of\tit\n", "2 two");
  }

  @Test
  void bodiesThatWerePackedForTheirTransfer() throws IOException {
    byte[] html = page("Größe").getBytes(StandardCharsets.UTF_8);
    String half = page("chunked").substring(0, 500);
    String rest = page("chunked").substring(500);
    String chunks =
        String.format(
            "%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", half.length(), half, rest.length(), rest);
    Path file =
        write(
            "a.warc.gz",
            List.of(
                response(
                    "200 OK",
                    "Content-Type: text/html\r\nContent-Encoding: gzip\r\n",
                    Packing.pack(".gz", html)),
                response(
                    "200 OK",
                    "Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n",
                    chunks.getBytes(StandardCharsets.UTF_8))));
    assertThat(read(file, OPTIONS))
        .containsExactly("0 " + mainText("Größe"), "1 " + mainText("chunked"));
  }

  @Test
  void pagesThatCannotBeReadCostOnlyThemselves() throws IOException {
    Path file =
        write(
            "a.warc.gz",
            List.of(
                response(
                    "200 OK",
                    "Content-Type: text/html\r\nContent-Encoding: gzip\r\n",
                    "not packed".getBytes(StandardCharsets.US_ASCII)),
                record("response", "application/http; msgtype=response", "\u0001\u0002"),
                text("fine"),
                text("x".repeat(5_000)),
                record("conversion", "text/plain", new byte[] {'a', (byte) 0xe9}),
                text("last")));
    List<String> lines = read(file, OPTIONS.withMaxDocumentBytes(4_000));
    assertThat(lines).hasSize(6);
    assertThat(lines.get(0)).startsWith("0 damaged_warc: " + file + " record 1 has no page that");
    assertThat(lines.get(1)).startsWith("1 damaged_warc: " + file + " record 2 has no page that");
    assertThat(lines.subList(2, 6))
        .containsExactly(
            "2 fine",
            "3 too_large: " + file + " record 4 has more than 4,000 bytes, the most that are kept",
            "4 invalid_utf8: " + file + " record 5 is not UTF-8: byte 0xe9 at offset 1 of it",
            "5 last");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.wet", "a.wet.gz"})
  void whatComesBeforeABreakStays(String name) throws IOException {
    List<byte[]> records = List.of(text("one"), text("two"), text("x".repeat(3_000)));
    Path file = write(name, records);
    byte[] bytes = Files.readAllBytes(file);
    for (int missing = 5; missing < 60; missing += 11) {
      Files.write(file, Arrays.copyOf(bytes, bytes.length - missing));
      assertBreaks(file);
    }
    int third = bytes.length - Files.readAllBytes(write(name, records.subList(2, 3))).length;
    Arrays.fill(bytes, third, third + 8, (byte) '?');
    Files.write(file, bytes);
    assertBreaks(file);
  }

  @Test
  void whatIsNoWarc() throws IOException {
    Path file = Files.writeString(directory.resolve("b.warc"), "no WARC");
    assertThat(read(file, OPTIONS))
        .singleElement()
        .asString()
        .startsWith("0 damaged_warc: " + file + " cannot be read from record 1 on (");
  }

  private static void assertBreaks(Path file) throws IOException {
    List<String> lines = read(file, OPTIONS);
    assertThat(lines).hasSize(3).startsWith("0 one", "1 two");
    assertThat(lines.get(2))
        .startsWith("2 damaged_warc: " + file + " cannot be read from record 3 on (");
  }

  private static List<byte[]> crawl() {
    return List.of(
        record("warcinfo", "application/warc-fields", "software: none\r\n"),
        record("request", "application/http; msgtype=request", "GET / HTTP/1.1\r\n\r\n"),
        html("text/html; charset=iso-8859-1", "Größe", StandardCharsets.ISO_8859_1),
        html("application/xhtml+xml", "Ökonomie", StandardCharsets.UTF_8),
        html("image/png", "no", StandardCharsets.UTF_8),
        response(
            "404 Not Found",
            "Content-Type: text/html\r\n",
            page("no").getBytes(StandardCharsets.UTF_8)),
        record("response", "text/dns", "20240501 example.org. 300 IN A 127.0.0.1\n"));
  }

  private static byte[] html(String type, String word, Charset charset) {
    return response("200 OK", "Content-Type: " + type + "\r\n", page(word).getBytes(charset));
  }

  private static byte[] response(String status, String headers, byte[] body) {
    byte[] head =
        ("HTTP/1.1 " + status + "\r\n" + headers + "\r\n").getBytes(StandardCharsets.US_ASCII);
    return record("response", "application/http; msgtype=response", join(head, body));
  }

  private static byte[] text(String text) {
    return record("conversion", "text/plain", text);
  }

  private static byte[] record(String type, String contentType, String block) {
    return record(type, contentType, block.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] record(String type, String contentType, byte[] block) {
    String head =
        "WARC/1.0\r\nWARC-Type: "
            + type
            + "\r\nWARC-Target-URI: http://example.org/page\r\nWARC-Date: 2024-05-01T00:00:00Z\r\n"
            + "WARC-Record-ID: <urn:uuid:6c1a5a40-0000-0000-0000-000000000000>\r\nContent-Type: "
            + contentType
            + "\r\nContent-Length: "
            + block.length
            + "\r\n\r\n";
    return join(
        head.getBytes(StandardCharsets.US_ASCII), block, new byte[] {'\r', '\n', '\r', '\n'});
  }

  private static String page(String word) {
    return "<html><head><title>A town</title></head><body><nav><ul><li><a href='/'>Home</a></li>"
        + "<li><a href='/about'>About us</a></li></ul></nav><article><h1>Harbour</h1><p>"
        + ARTICLE
        + "</p>\n<p>It   is of <b>"
        + word
        + "</b> today. "
        + ARTICLE
        + "</p></article><footer>Copyright of nobody</footer></body></html>";
  }

  private static String mainText(String word) {
    return "Harbour\n" + ARTICLE + "\nIt is of " + word + " today. " + ARTICLE;
  }

  private static List<String> read(Path file, ReadOptions options) throws IOException {
    return ReadFiles.lines(ReadFiles.whole(file, options));
  }

  /** Writes records, each a member of its own where the name says gzip. */
  private Path write(String name, List<byte[]> records) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] record : records) {
      bytes.write(name.endsWith(".gz") ? Packing.pack(".gz", record) : record);
    }
    return Files.write(directory.resolve(name), bytes.toByteArray());
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
