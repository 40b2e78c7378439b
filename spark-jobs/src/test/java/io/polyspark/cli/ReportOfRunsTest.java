package io.polyspark.cli;

import static io.polyspark.cli.InThisProcess.assertMistake;
import static io.polyspark.cli.InThisProcess.run;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page about runs, by the command, without Spark. */
class ReportOfRunsTest {
  private static final String HOSTILE = "<img src=x onerror=alert(1)>";

  @TempDir static Path directory;

  private static Path main;
  private static Path other;

  @BeforeAll
  static void writeRuns() throws IOException {
    main = directory.resolve("polynorm");
    other = directory.resolve(HOSTILE);
    WrittenRun.of(main, "polynorm", 6).notice("Executor 1 was lost: " + HOSTILE + " {{title}}");
    WrittenRun.of(other, "gelu", 3);
  }

  @Test
  void thePageHasTheNumbersOfTheMetrics() throws Exception {
    Document page = report("both", "--compare", other.toString(), "--prompt", "It ");
    assertThat(page.title()).isEqualTo("polynorm – training");
    assertThat(row(page, "results", "activation")).containsExactly("polynorm", "gelu");
    assertThat(row(page, "results", "tokens")).containsExactly("18,432", "18,432");
    assertThat(row(page, "results", "steps of a replica")).containsExactly("12", "12");
    assertThat(row(page, "results", "final training loss")).containsExactly("1.0000", "0.5000");
    assertThat(row(page, "results", "best validation loss")).containsExactly("1.1250", "0.6250");
    assertThat(row(page, "results", "perplexity"))
        .containsExactly(
            String.format("%.4f", Math.exp(1.125)), String.format("%.4f", Math.exp(0.625)));
    assertThat(page.select("#results td.best").eachText())
        .containsExactly("0.5000", "0.6250", "0.6250", String.format("%.4f", Math.exp(0.625)));
    assertThat(row(page, "results", "tokens per second")).containsExactly("1,536", "1,536");
    assertThat(row(page, "results", "wall time")).containsExactly("12.0 s", "12.0 s");
    assertThat(row(page, "results", "outside of steps")).containsExactly("75.0 %", "75.0 %");

    // First, lowest, highest, last, and how many.
    assertThat(row(page, "training-loss", "polynorm")).containsExactly("6", "1", "6", "1", "6");
    assertThat(row(page, "validation-loss", HOSTILE))
        .containsExactly("1.625", "0.625", "1.625", "0.625", "3");
    assertThat(row(page, "gradient-norm", "polynorm"))
        .containsExactly("1.5", "1.5", "18", "18", "12");
    assertThat(row(page, "learning-rate", "polynorm"))
        .containsExactly("1.0E-5", "1.0E-5", "1.2E-4", "1.2E-4", "12");
    assertThat(row(page, "time", "polynorm"))
        .containsExactly(
            "2.00 s",
            "1.00 s · 50.0 %",
            "0.250 s · 12.5 %",
            "0.500 s · 25.0 %",
            "0.125 s · 6.3 %",
            "0.063 s · 3.1 %",
            "0.063 s · 3.1 %");
    assertThat(row(page, "mlp-act-fn-weight-2", "layer 0"))
        .containsExactly("0.0625", "0.0625", "0.375", "0.375", "6");
    assertThat(row(page, "busiest-expert", "layer 0"))
        .containsExactly("1.5", "1.5", "1.5", "1.5", "6");
    assertThat(row(page, "configuration", "model.hidden_act")).isNotEmpty();
    assertThat(page.select("#configuration > .scroll tr")).hasSize(2);
    assertThat(row(page, "environment", "hosts")).containsExactly("node-1", "node-1");

    // Of six checkpoints of the run four, of the other's the newest.
    assertThat(page.select("#writing .texts > div > .faint").eachText())
        .containsExactly(
            "polynorm, round 1, 3,072 tokens",
            "polynorm, round 2, 6,144 tokens",
            "polynorm, round 4, 12,288 tokens",
            "polynorm, round 6, 18,432 tokens",
            HOSTILE + ", round 6, 18,432 tokens");
    assertThat(page.select("#writing pre b").eachText()).containsOnly("It");
  }

  @Test
  void whatFilesSayIsInertAndNothingComesFromElsewhere() throws Exception {
    Document page = report("hostile", "--compare", other.toString());
    assertThat(page.select("script, link, iframe, a, [onerror], [onload]")).isEmpty();
    assertThat(page.select("[src], [srcset]"))
        .isNotEmpty()
        .allMatch(
            element ->
                (element.attr("src") + element.attr("srcset"))
                    .startsWith("data:image/png;base64,"));
    assertThat(page.select("meta[http-equiv=Content-Security-Policy]").attr("content"))
        .isEqualTo("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    assertThat(page.select("#notices td").eachText())
        .contains("Executor 1 was lost: " + HOSTILE + " {{title}}", "warning", "fault");
    assertThat(page.select("img[alt]")).hasSameSizeAs(page.select("figure"));
  }

  @Test
  void oneRunHasItsWholeConfigurationAndItsChartsAreFiles() throws Exception {
    Document page = report("one");
    assertThat(row(page, "configuration", "model.hidden_size")).containsExactly("16");
    assertThat(row(page, "configuration", "steps")).containsExactly("12");
    assertThat(page.select("#evaluation")).isEmpty();
    Path output = directory.resolve("one");
    try (Stream<Path> files = Files.list(output.resolve("report"))) {
      List<Path> charts = files.toList();
      assertThat(charts).hasSize(page.select("figure").size()).hasSize(14);
      for (Path chart : charts) {
        BufferedImage image = ImageIO.read(chart.toFile());
        assertThat(image.getWidth()).as(chart.toString()).isEqualTo(1040);
        assertThat(image.getHeight()).isEqualTo(660);
      }
    }
    try (Stream<Path> files = Files.walk(output)) {
      assertThat(files).noneMatch(file -> file.getFileName().toString().startsWith("."));
    }
  }

  @Test
  void mistakesAreOneSentenceAndLeaveNothing() throws Exception {
    Path output = directory.resolve("none");
    Path empty = Files.createDirectories(directory.resolve("empty"));
    assertMistake(
        run("report", "--run", empty.toString(), "--output", output.toString()),
        empty + " is no run: give the output directory of the verb train.");
    assertMistake(
        run(
            "report",
            "--run",
            main.toString(),
            "--compare",
            empty.toString(),
            "--output",
            output.toString()),
        empty + " is no run: give the output directory of the verb train.");
    Path young = Files.createDirectories(directory.resolve("young/checkpoints")).getParent();
    assertMistake(
        run("report", "--run", young.toString(), "--output", output.toString()),
        "The run %s has no whole checkpoint yet: let it train to its first one.".formatted(young));
    Path damaged = directory.resolve("damaged");
    Path metrics = WrittenRun.of(damaged, "polynorm", 6).metrics();
    List<String> lines = Files.readAllLines(metrics);
    lines.set(2, "{\"kind\":");
    Files.write(metrics, lines);
    assertThat(run("report", "--run", damaged.toString(), "--output", output.toString()))
        .satisfies(
            outcome -> {
              assertThat(outcome.code()).isEqualTo(2);
              assertThat(outcome.err().lines())
                  .singleElement()
                  .asString()
                  .contains("metrics.jsonl: line 3 is no record of metrics");
            });
    Files.delete(metrics);
    assertMistake(
        run("report", "--run", damaged.toString(), "--output", output.toString()),
        "There is no %s: give a run that has its metrics.".formatted(metrics));
    assertThat(output).doesNotExist();
    assertThat(run("report", "--run", main.toString(), "--output", metricsOf(main)))
        .satisfies(
            outcome -> {
              assertThat(outcome.code()).isEqualTo(2);
              assertThat(outcome.err())
                  .startsWith("The report cannot be written to " + metricsOf(main))
                  .endsWith(": give another directory by --output." + System.lineSeparator());
            });
  }

  private static String metricsOf(Path run) {
    return run.resolve("metrics.jsonl").toString();
  }

  private static Document report(String output, String... more) throws IOException {
    Path to = directory.resolve(output);
    List<String> arguments =
        Stream.concat(
                Stream.of("report", "--run", main.toString(), "--output", to.toString()),
                Stream.of(more))
            .toList();
    InThisProcess.Outcome outcome = run(arguments.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).startsWith("Wrote " + to + "/report.html of ");
    return Jsoup.parse(to.resolve("report.html").toFile());
  }

  /** The cells of the row of that name in a part of the page; without a row, none. */
  private static List<String> row(Document page, String part, String name) {
    for (Element row : page.select("#" + part + " tr")) {
      if (row.child(0).text().equals(name)) {
        return row.children().subList(1, row.childrenSize()).stream().map(Element::text).toList();
      }
    }
    return List.of();
  }
}
