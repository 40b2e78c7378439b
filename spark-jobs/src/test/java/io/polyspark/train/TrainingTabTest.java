package io.polyspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polyspark.testing.Browser;
import io.polyspark.testing.History;
import io.polyspark.testing.LocalCluster;
import io.polyspark.testing.Pages;
import io.polyspark.train.metrics.HealthMetrics;
import io.polyspark.train.metrics.Notice;
import io.polyspark.train.metrics.NoticeEvent;
import io.polyspark.train.metrics.ReplicaMetrics;
import io.polyspark.train.metrics.ReplicaRoundEvent;
import io.polyspark.train.metrics.RoundEvent;
import io.polyspark.train.metrics.RoundMetrics;
import io.polyspark.train.metrics.RunStartedEvent;
import io.polyspark.train.metrics.StepMetrics;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.apache.spark.scheduler.LiveListenerBus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tab of a run on executors in processes of their own, in the live web interface, in a History
 * Server, and in a browser.
 */
class TrainingTabTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ALL_CURVES =
      "?curve=loss&curve=validation_loss&curve=learning_rate&curve=gradient_norm"
          + "&curve=tokens_per_second&curve=wait_seconds&curve=replica/1/loss"
          + "&curve=coefficient/model.layers.1.mlp.act_fn.weight/2";
  private static final String HOSTILE = "<img src=x onerror=\"window.fooled=1\">'{{&}}";

  @TempDir static Path directory;
  private static final List<JsonNode> metrics = new ArrayList<>();
  private static String tab;
  private static History history;
  private static int run;

  @BeforeAll
  static void train() throws Exception {
    TinyRuns runs = TinyRuns.in(directory);
    Path output = directory.resolve("run");
    Path logs = Files.createDirectory(directory.resolve("logs"));
    History.log(
        LocalCluster.spark(), logs, () -> runs.train(runs.config("model=moe-tiny"), output, false));
    for (String line : Files.readAllLines(output.resolve("metrics.jsonl"))) {
      metrics.add(JSON.readTree(line));
    }
    tab = LocalCluster.spark().sc().uiWebUrl().get() + "/training/";
    run = Pages.json(tab + "json/").at("/run/run").asInt();
    history = History.of(logs, Files.createDirectory(directory.resolve("store")));
    history.await();
  }

  @AfterAll
  static void stop() {
    history.close();
  }

  @Test
  void theNumbersAreThoseOfTheMetrics() throws Exception {
    JsonNode live = Pages.json(tab + "json/" + ALL_CURVES + "&run=" + run);
    Map<Integer, List<JsonNode>> steps = new TreeMap<>();
    for (JsonNode step : metrics("step")) {
      steps.computeIfAbsent(step.get("step").asInt(), key -> new ArrayList<>()).add(step);
    }
    assertThat(steps).hasSize(8);
    for (String measure : List.of("loss", "learning_rate", "gradient_norm")) {
      assertThat(numbers(live.at("/curves/" + measure + "/mean")))
          .containsExactlyElementsOf(
              steps.values().stream().map(replicas -> mean(replicas, measure)).toList());
    }
    assertThat(numbers(live.at("/curves/replica~11~1loss/mean")))
        .containsExactlyElementsOf(
            steps.values().stream()
                .map(replicas -> replicas.get(1).get("loss").asDouble())
                .toList());
    List<JsonNode> rounds = metrics("round");
    for (String measure : List.of("tokens_per_second", "wait_seconds")) {
      assertThat(numbers(live.at("/curves/" + measure + "/mean")))
          .containsExactlyElementsOf(
              rounds.stream().map(round -> round.get(measure).asDouble()).toList());
    }
    assertThat(numbers(live.at("/curves/validation_loss/mean")))
        .containsExactly(
            rounds.get(1).get("validation_loss").asDouble(),
            rounds.get(3).get("validation_loss").asDouble());
    assertThat(numbers(live.at("/curves/validation_loss/tokens")))
        .containsExactly(
            rounds.get(1).get("tokens_seen").asDouble(),
            rounds.get(3).get("tokens_seen").asDouble());
    assertThat(numbers(live.at("/curves/coefficient~1model.layers.1.mlp.act_fn.weight~12/mean")))
        .containsExactlyElementsOf(
            rounds.stream()
                .map(
                    round ->
                        round.at("/coefficients/model.layers.1.mlp.act_fn.weight/2").asDouble())
                .toList());
    assertThat(live.at("/experts/layers")).isEqualTo(rounds.get(3).get("experts"));
    assertThat(live.at("/replicas/1/host")).isEqualTo(rounds.get(3).at("/replicas/1/host"));
    assertThat(live.at("/notice_count").asInt()).isEqualTo(metrics("notice").size());
    assertThat(live.at("/run/state").asText()).isEqualTo("ended");
    assertThat(Pages.json(tab + "json/?round=2&run=" + run).at("/experts/layers"))
        .isEqualTo(rounds.get(1).get("experts"));
  }

  @Test
  void theHistoryServerTellsTheSame() throws Exception {
    JsonNode live = Pages.json(tab + "json/" + ALL_CURVES + "&run=" + run);
    JsonNode after = Pages.json(history.application() + "/training/json/" + ALL_CURVES);
    assertThat(timeless(after)).isEqualTo(timeless(live));
    String page = Pages.get(history.application() + "/training/");
    String base = "/history/app-tests/training/static/";
    assertThat(page).contains(base + "training.js").contains("model:");
    for (String file : List.of("training.js", "uplot.js", "training.css", "uplot.css")) {
      assertThat(Pages.get(URI.create(history.application()).resolve(base + file).toString()))
          .isNotBlank();
    }
    assertThat(Pages.status(history.application() + "/training/static/training.mustache"))
        .isEqualTo(404);
  }

  @Test
  void behindAProxyEveryAddressHasItsPath() throws Exception {
    assertThat(Pages.behindProxy(tab, "/proxy/application_1"))
        .contains("data-base=\"/proxy/application_1/training\"")
        .contains("src=\"/proxy/application_1/training/static/training.js\"");
  }

  @Test
  void aBrowserDrawsTheTabAndLeavesTheMachineAlone() throws Exception {
    assumeTrue(Browser.program().isPresent(), "there is no chromium on the PATH");
    try (Browser browser =
        Browser.start(Browser.program().orElseThrow(), directory.resolve("profile"))) {
      for (String page : List.of(tab + "?run=" + run, history.application() + "/training/")) {
        browser.prefer("light", 1300, 1000);
        browser.open(page);
        browser.await("document.querySelector('#training[data-revision]')");
        assertThat(browser.text("#state")).startsWith("Ended at step 8 of 8");
        assertThat(number(browser, "#numbers b")).isEqualByComparingTo(shown(3, "loss"));
        assertThat(drawn(browser)).hasSize(9).containsOnly(true);
        browser.evaluate("document.querySelector('#chart-loss details').open = true");
        browser.await("document.querySelector('#chart-loss tbody tr')");
        assertThat(number(browser, "#chart-loss tbody tr td:nth-child(3)"))
            .isEqualByComparingTo(shown(3, "validation_loss"));
        assertThat(browser.evaluate("document.querySelectorAll('.heat td.expert').length").asInt())
            .isEqualTo(2 * 4);
        assertThat(browser.text("#replicas"))
            .contains("Tokens per second", metrics("round").get(3).at("/replicas/0/host").asText());
        assertThat(browser.text("#notices")).contains("Wrote round-0000004");
        browser.evaluate("document.querySelector('#chart-loss .plot').focus()");
        browser.press("ArrowRight");
        browser.press("ArrowRight");
        assertThat(browser.text("#chart-loss .readout")).startsWith("Step 2: Training ");
        String light = background(browser);
        browser.prefer("dark", 1300, 1000);
        assertThat(background(browser)).isNotEqualTo(light);
      }
      assertThat(browser.requests()).isNotEmpty().allMatch(Pages::isHere);
      assertThat(browser.complaints()).isEmpty();
    }
  }

  @Test
  void hostileTextStaysTextAndAHundredThousandStepsAreDrawn() throws Exception {
    assumeTrue(Browser.program().isPresent(), "there is no chromium on the PATH");
    LiveListenerBus bus = LocalCluster.spark().sc().listenerBus();
    bus.post(
        new RunStartedEvent(1, HOSTILE, HOSTILE, 0, 0, 200_000, 9, HOSTILE, "data: " + HOSTILE));
    for (int round = 1; round <= 500; round++) {
      postHostile(bus, round);
    }
    bus.waitUntilEmpty();
    try (Browser browser =
        Browser.start(Browser.program().orElseThrow(), directory.resolve("hostile"))) {
      browser.open(tab);
      browser.await("document.querySelector('#training[data-revision]')");
      assertThat(browser.text("#state")).startsWith("Running: step 100,000 of 200,000 (50%)");
      browser.evaluate("document.querySelector('#training details').open = true");
      for (String place : List.of("#training dl", "#training pre", "#replicas", "#notices")) {
        assertThat(browser.text(place)).contains(HOSTILE);
      }
      assertThat(browser.evaluate("document.querySelectorAll('#training img').length").asInt())
          .isZero();
      assertThat(browser.evaluate("typeof window.fooled").asText()).isEqualTo("undefined");
      assertThat(drawn(browser)).isNotEmpty().containsOnly(true);
      // A newer round arrives by itself.
      postHostile(bus, 501);
      browser.await("document.querySelector('#state').textContent.includes('100,200')");
      assertThat(browser.complaints()).isEmpty();
      assertThat(browser.requests()).allMatch(Pages::isHere);
    }
  }

  private static void postHostile(LiveListenerBus bus, int round) {
    List<StepMetrics> steps = new ArrayList<>();
    for (int step = 200 * round - 199; step <= 200 * round; step++) {
      steps.add(new StepMetrics(round, 0, step, 3 + 100.0 / step, 1, 1e-3, 64, 0.1));
    }
    bus.post(new ReplicaRoundEvent(round, 0, steps));
    bus.post(
        new NoticeEvent(
            "", new Notice(round, 1, Notice.Topic.FAULT, Notice.Severity.WARNING, HOSTILE)));
    bus.post(
        new RoundEvent(
            "",
            new RoundMetrics(
                round,
                200L * round,
                List.of(200),
                3,
                OptionalDouble.empty(),
                12_800L * round,
                1,
                1,
                0,
                0,
                0,
                0,
                1,
                1,
                0,
                12_800,
                Map.of(HOSTILE, new double[] {1}),
                List.of(),
                new HealthMetrics(OptionalDouble.empty(), 0, 1, List.of()),
                1,
                List.of(new ReplicaMetrics(0, HOSTILE, HOSTILE, HOSTILE, 200, 1, 0.5, 1, null)))));
  }

  /** Whether each chart that is shown has something on its canvas. */
  private static List<Boolean> drawn(Browser browser) throws IOException {
    JsonNode drawn =
        browser.evaluate(
            "[...document.querySelectorAll('#charts figure:not([hidden]) canvas')].map(canvas =>"
                + " canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
                + ".data.some(value => value !== 0))");
    List<Boolean> each = new ArrayList<>();
    drawn.forEach(one -> each.add(one.asBoolean()));
    return each;
  }

  private static BigDecimal number(Browser browser, String selector) throws IOException {
    return new BigDecimal(browser.text(selector));
  }

  private static String background(Browser browser) throws IOException {
    return browser.evaluate("getComputedStyle(document.body).backgroundColor").asText();
  }

  /** A number of a round as the page rounds it. */
  private static BigDecimal shown(int round, String measure) {
    return new BigDecimal(metrics("round").get(round).get(measure).asDouble())
        .round(new MathContext(5));
  }

  private static JsonNode timeless(JsonNode answer) {
    ((ObjectNode) answer).remove("revision");
    ((ObjectNode) answer.get("run")).remove("run");
    return answer;
  }

  private static List<JsonNode> metrics(String kind) {
    return metrics.stream().filter(line -> line.get("kind").asText().equals(kind)).toList();
  }

  private static double mean(List<JsonNode> replicas, String measure) {
    return replicas.stream()
        .mapToDouble(step -> step.get(measure).asDouble())
        .average()
        .orElseThrow();
  }

  private static List<Double> numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    array.forEach(number -> numbers.add(number.asDouble()));
    return numbers;
  }
}
