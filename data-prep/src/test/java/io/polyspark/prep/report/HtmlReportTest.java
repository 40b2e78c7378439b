package io.polyspark.prep.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HtmlReportTest {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Pattern TAG = Pattern.compile("<[^>]*>");
  private static final String HOSTILE =
      "</pre></title><script>document.title='owned'</script><img src=x onerror=\"alert('1')\">"
          + "\"' ><svg onload=`x`>&lt;&#60; {{title}} {{{title}}} \u0000\u0007\u001b[31m\u007f\u0085"
          + "\u202egnirts desrever\u202c \u2066\u200b\ufeff\ud800 "
          + "x".repeat(2000);

  @TempDir Path directory;

  /** The page's tags are the template's, whatever documents hold. */
  @Test
  void hostileTextIsInert() {
    String plain = HtmlReport.render(ExampleReport.with(text -> "x"));
    String hostile = HtmlReport.render(ExampleReport.with(text -> HOSTILE));
    assertThat(tags(hostile)).isEqualTo(tags(plain));
    assertThat(hostile)
        .contains(
            "&lt;script&gt;",
            "[U+0000][U+0007][U+001B][31m[U+007F][U+0085]",
            "[U+202E]gnirts desrever[U+202C]")
        .contains("[U+2066][U+200B][U+FEFF]\ufffd ")
        .doesNotContain("\u202e", "\u0000", "\u001b", "<script", "<img");
    assertThat(tags(hostile)).noneMatch(tag -> tag.contains("href") || tag.contains("src="));
  }

  @Test
  void everythingIsOnThePage() {
    String page = HtmlReport.render(ExampleReport.plain());
    assertThat(page)
        .contains("<title>web-and-books – data preparation</title>")
        .contains("1,000,000 documents (4.2 GB) came in; 37.8 % of them, 378,300 documents, went")
        .contains("2026-01-31 08:15:30 UTC", "1 h 2 min", "application_1767225600000_0042")
        .contains(
            "exact_duplicate", "17.0 %", "German (deu)", ">cmn<", "< 0.1 %".replace("<", "&lt;"))
        .contains("part-00017.jsonl.gz at 81,231,004", "books/damaged.txt: byte 0xc0")
        .contains(
            "12 files, with tokens", "train/00011.npy", "fedcba9876543210", "1.6 GB", "20 min 4 s")
        .contains("Also: controls 99, repaired 12,345");
    for (String section :
        List.of(
            "funnel",
            "sources",
            "lengths",
            "languages",
            "duplicates",
            "samples",
            "rejections",
            "splits",
            "costs")) {
      assertThat(page).containsOnlyOnce("<section id=\"" + section + "\">");
    }
  }

  /** The page's margins stay empty: nothing is wider than the screen. */
  @ParameterizedTest
  @ValueSource(ints = {1280, 400})
  void aBrowserShowsItOnScreensOfAnyWidth(int width) throws Exception {
    for (RunReport report : List.of(ExampleReport.plain(), ExampleReport.with(text -> HOSTILE))) {
      BufferedImage image = ImageIO.read(screenshot(HtmlReport.render(report), width).toFile());
      assertThat(image.getWidth()).isEqualTo(width);
      int page = image.getRGB(0, 0);
      long inked = 0;
      for (int y = 0; y < image.getHeight(); y++) {
        for (int margin = 1; margin <= 6; margin++) {
          assertThat(image.getRGB(width - margin, y)).as("row %d", y).isEqualTo(page);
        }
        for (int x = 0; x < width; x++) {
          inked += image.getRGB(x, y) == page ? 0 : 1;
        }
      }
      assertThat(inked).isGreaterThan((long) image.getHeight() * width / 4);
    }
  }

  /** What a browser makes of the page has the title that the report has. */
  @Test
  void aBrowserRunsNothing() throws Exception {
    Path page = Files.writeString(directory.resolve("report.html"), hostilePage());
    String document = chromium(List.of("--dump-dom", page.toUri().toString()));
    assertThat(document)
        .contains("<title>&lt;/pre&gt;")
        .doesNotContain("<title>owned")
        .doesNotContain("<script>", "<img");
  }

  private static String hostilePage() {
    return HtmlReport.render(ExampleReport.with(text -> HOSTILE));
  }

  private static List<String> tags(String page) {
    return TAG.matcher(page).results().map(MatchResult::group).toList();
  }

  private Path screenshot(String page, int width) throws IOException, InterruptedException {
    Path html = Files.writeString(directory.resolve("report.html"), page);
    Path png = directory.resolve("report-" + width + ".png");
    chromium(
        List.of(
            "--hide-scrollbars",
            "--window-size=" + width + ",3000",
            "--screenshot=" + png,
            html.toUri().toString()));
    return png;
  }

  private String chromium(List<String> arguments) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(CHROMIUM), CHROMIUM + " is not on this machine");
    List<String> command =
        new ArrayList<>(
            List.of(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--user-data-dir=" + directory.resolve("profile")));
    command.addAll(arguments);
    Path out = directory.resolve("chromium.out");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(directory.resolve("chromium.err").toFile())
            .start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("the browser hangs");
    }
    return Files.readString(out, StandardCharsets.UTF_8);
  }
}
