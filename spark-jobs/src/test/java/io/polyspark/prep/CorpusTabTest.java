package io.polyspark.prep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polyspark.prep.events.CorpusEndedEvent;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.StageEndedEvent;
import io.polyspark.prep.events.StepCounts;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.pipeline.Pipeline;
import io.polyspark.prep.pipeline.PipelineFile;
import io.polyspark.prep.pipeline.PipelinePlan;
import io.polyspark.prep.ui.CorpusUi;
import io.polyspark.testing.Browser;
import io.polyspark.testing.History;
import io.polyspark.testing.LocalCluster;
import io.polyspark.testing.Pages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.LiveListenerBus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tab of a preparation on executors in processes of their own, in the live web interface, in a
 * History Server, and in a browser.
 */
class CorpusTabTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HOSTILE = "<img src=x onerror=\"window.fooled=1\">'{{&}}";

  @TempDir static Path directory;

  /** What the page told while the stages of that name were about to begin. */
  private static final List<JsonNode> meanwhile = new ArrayList<>();

  private static String tab;
  private static History history;
  private static int run;
  private static JsonNode report;
  private static JsonNode manifest;

  @BeforeAll
  static void prepare() throws Exception {
    JavaSparkContext spark = LocalCluster.spark();
    CorpusUi.follow(spark);
    tab = spark.sc().uiWebUrl().get() + "/corpus/";
    StringBuilder lines = new StringBuilder();
    for (int document = 0; document < 60; document++) {
      lines.append(
          "{\"text\": \"%s\"}\n"
              .formatted(
                  "some words around number %d with meaning ".formatted(document).repeat(4)));
    }
    Files.writeString(directory.resolve("a.jsonl"), lines + "{\"text\": \"too short\"}\n{\"\n");
    Files.writeString(
        directory.resolve("x.yaml"),
        """
        sources:
          a: {input: %s/a.jsonl, weight: 2}
        gopher_quality: {min_words: 5, min_stop_words: 0}
        validation_fraction: 0.2
        max_rejected: 1
        """
            .formatted(directory));
    PipelinePlan plan =
        PipelinePlan.of(
            PipelineFile.load(directory.resolve("x.yaml"), List.of(), List.of()),
            spark.hadoopConfiguration());
    Path output = directory.resolve("out");
    Path logs = Files.createDirectory(directory.resolve("logs"));
    History.log(
        spark,
        logs,
        () ->
            Pipeline.run(
                spark,
                plan,
                new org.apache.hadoop.fs.Path(output.toUri()),
                phase -> meanwhile.add(now())));
    report = JSON.readTree(output.resolve("report/report.json").toFile());
    manifest = JSON.readTree(output.resolve("manifest.json").toFile());
    run = now().at("/run/run").asInt();
    history = History.of(logs, Files.createDirectory(directory.resolve("store")));
    history.await();
  }

  @AfterAll
  static void stop() {
    history.close();
  }

  @Test
  void theNumbersAreThoseOfTheReportAndTheManifest() throws Exception {
    JsonNode live = Pages.json(tab + "json/?run=" + run);
    assertThat(live.at("/run/state").asText()).isEqualTo("ended");
    assertThat(live.at("/stages").findValuesAsText("name"))
        .containsExactly("clean", "tokenize", "shard", "report");
    assertThat(live.at("/stages").findValuesAsText("progress")).containsOnly("done");
    JsonNode funnel = report.get("funnel");
    assertThat(live.at("/steps")).hasSameSizeAs(funnel);
    for (int i = 0; i < funnel.size(); i++) {
      JsonNode step = live.at("/steps").get(i);
      assertThat(step.get("step")).isEqualTo(funnel.get(i).get("stage"));
      assertThat(step.get("documents_in")).isEqualTo(funnel.get(i).at("/in/documents"));
      assertThat(step.get("documents_out")).isEqualTo(funnel.get(i).at("/out/documents"));
      assertThat(step.get("bytes_in")).isEqualTo(funnel.get(i).at("/in/bytes"));
      assertThat(step.get("bytes_out")).isEqualTo(funnel.get(i).at("/out/bytes"));
      assertThat(step.get("removed")).isEqualTo(funnel.get(i).get("removed"));
    }
    assertThat(live.at("/steps/0/documents_in")).isEqualTo(manifest.at("/documents/read"));
    assertThat(live.at("/rejected")).hasSize(1);
    assertThat(live.at("/sources/0/tokens")).isEqualTo(report.at("/sources/0/tokens"));
    for (JsonNode split : live.at("/splits")) {
      JsonNode written = manifest.get("splits").get(split.get("name").asText());
      assertThat(split.get("tokens")).isEqualTo(written.get("tokens"));
      assertThat(split.get("documents")).isEqualTo(written.get("documents"));
      assertThat(split.at("/first/0/name")).isEqualTo(written.at("/files/0/name"));
    }
  }

  @Test
  void aRunThatGoesOnShowsWhatItHasDone() {
    JsonNode beforeTokens = meanwhile.get(1);
    assertThat(beforeTokens.at("/run/state").asText()).isEqualTo("running");
    assertThat(beforeTokens.at("/stages").findValuesAsText("progress"))
        .containsExactly("done", "waiting", "waiting", "waiting");
    assertThat(beforeTokens.at("/steps/1/documents_out"))
        .isEqualTo(report.at("/funnel/1/out/documents"));
    assertThat(beforeTokens.at("/steps/2/documents_in").asInt()).isZero();
  }

  @Test
  void theHistoryServerTellsTheSame() throws Exception {
    JsonNode live = Pages.json(tab + "json/?run=" + run);
    JsonNode after = Pages.json(history.application() + "/corpus/json/");
    assertThat(timeless(after)).isEqualTo(timeless(live));
    assertThat(Pages.get(history.application() + "/corpus/")).contains("min_words: 5");
    assertThat(Pages.status(history.application() + "/corpus/static/corpus.mustache"))
        .isEqualTo(404);
    assertThat(Pages.behindProxy(tab, "/proxy/application_1"))
        .contains("data-base=\"/proxy/application_1/corpus\"")
        .contains("src=\"/proxy/application_1/corpus/static/corpus.js\"");
  }

  @Test
  void aBrowserShowsTheFunnelAndHostileTextAsText() throws Exception {
    assumeTrue(Browser.program().isPresent(), "there is no chromium on the PATH");
    LiveListenerBus bus = LocalCluster.spark().sc().listenerBus();
    try (Browser browser =
        Browser.start(Browser.program().orElseThrow(), directory.resolve("profile"))) {
      for (String page : List.of(tab + "?run=" + run, history.application() + "/corpus/")) {
        browser.prefer("light", 1300, 1000);
        browser.open(page);
        browser.await("document.querySelector('#corpus[data-revision]')");
        assertThat(browser.text("#state")).startsWith("Ended ");
        assertThat(browser.text("#funnel tbody tr:nth-child(2)"))
            .startsWith("gopher_quality")
            .contains("61", "60", "98.4%", "min_words 1 (1.6%)");
        assertThat(browser.text("#splits tbody"))
            .contains(
                String.format(Locale.ROOT, "%,d", manifest.at("/splits/train/tokens").asLong()));
        String light = background(browser);
        browser.prefer("dark", 1300, 1000);
        assertThat(background(browser)).isNotEqualTo(light);
      }

      bus.post(hostile());
      bus.waitUntilEmpty();
      browser.open(tab);
      browser.await("document.querySelector('#corpus[data-revision]')");
      // What is new arrives by itself.
      bus.post(
          new StageEndedEvent(
              2,
              "clean",
              false,
              List.of(
                  new StepCounts(
                      HOSTILE,
                      new Volume(12_345, 1),
                      new Volume(1, 1),
                      Map.of(HOSTILE, 1L),
                      Map.of(HOSTILE, 1L))),
              Map.of(HOSTILE, 1L),
              List.of()));
      browser.await("document.querySelector('#funnel').textContent.includes('12,345')");
      bus.post(new CorpusEndedEvent(3, HOSTILE, ""));
      browser.await("document.querySelector('#state').textContent.includes('Failed')");
      browser.evaluate("document.querySelector('#corpus details').open = true");
      for (String place :
          List.of("#state", "#corpus dl", "#corpus pre", "#funnel", "#rejected", "#sources")) {
        assertThat(browser.text(place)).contains(HOSTILE);
      }
      assertThat(browser.evaluate("document.querySelectorAll('#corpus img').length").asInt())
          .isZero();
      assertThat(browser.evaluate("typeof window.fooled").asText()).isEqualTo("undefined");
      assertThat(browser.requests()).isNotEmpty().allMatch(Pages::isHere);
      assertThat(browser.complaints()).isEmpty();
    }
  }

  private static CorpusStartedEvent hostile() {
    return new CorpusStartedEvent(
        1,
        HOSTILE,
        HOSTILE,
        0,
        List.of(new CorpusStartedEvent.SourceFiles(HOSTILE, 1, 1, 1)),
        List.of(new CorpusStartedEvent.Stage("clean", List.of(HOSTILE))),
        HOSTILE);
  }

  /** What the page of the newest run tells now. */
  private static JsonNode now() {
    try {
      LocalCluster.spark().sc().listenerBus().waitUntilEmpty();
      return Pages.json(tab + "json/");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String background(Browser browser) throws IOException {
    return browser.evaluate("getComputedStyle(document.body).backgroundColor").asText();
  }

  private static JsonNode timeless(JsonNode answer) {
    ((ObjectNode) answer).remove(List.of("revision", "time"));
    ((ObjectNode) answer.get("run")).remove("run");
    return answer;
  }
}
