package io.polyspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.polyspark.testing.Outcome;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The files in {@code submit/schedule}, each by what its scheduler reads it with where that is. */
class ScheduleFilesTest {
  private static final Path SCHEDULE =
      Path.of(System.getProperty("conf.dir"), "..", "submit", "schedule").toAbsolutePath();

  private static final String CORPUS = "hdfs:///corpus/web";
  private static final String RUN =
      "prep --config conf/data/nightly.yaml --incremental --output " + CORPUS;

  /** Five fields and a command; a percent sign would be a line break. */
  private static final Pattern JOB = Pattern.compile("(?:[\\d*/,-]+ ){5}[^%]+");

  private static final Pattern SETTING = Pattern.compile("[A-Z_]+=\\S+");

  @Test
  void cronRunsItEveryNight() throws IOException {
    List<String> lines =
        Files.readAllLines(SCHEDULE.resolve("crontab")).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .filter(line -> !SETTING.matcher(line).matches())
            .toList();
    assertThat(lines).hasSize(1).allMatch(JOB.asMatchPredicate());
    assertThat(lines.get(0)).contains("flock --nonblock", "submit/polyspark " + RUN);
  }

  @Test
  void systemdTakesTheUnits() throws Exception {
    assertThat(SCHEDULE.resolve("polyspark-prep.service"))
        .content()
        .contains("ExecStart=/usr/bin/env submit/polyspark " + RUN + "\n")
        .contains("RestartPreventExitStatus=2\n");
    assertThat(SCHEDULE.resolve("polyspark-prep.timer")).content().contains("Persistent=true\n");
    assumeTrue(isInstalled("systemd-analyze"));
    assertThat(
            run(
                "systemd-analyze",
                "verify",
                SCHEDULE.resolve("polyspark-prep.service").toString(),
                SCHEDULE.resolve("polyspark-prep.timer").toString()))
        .isEqualTo(new Outcome(0, ""));
  }

  @Test
  void airflowsFileIsPython() throws Exception {
    Path file = SCHEDULE.resolve("airflow.py");
    assertThat(file).content().contains("max_active_runs=1", "--incremental", "--output", CORPUS);
    assumeTrue(isInstalled("python3"));
    String parse = "import ast, sys; ast.parse(open(sys.argv[1], encoding='utf-8').read())";
    assertThat(run("python3", "-c", parse, file.toString())).isEqualTo(new Outcome(0, ""));
  }

  @Test
  void theOperatorsResourceForbidsTwoRunsAtOnce() throws IOException {
    Path file = SCHEDULE.resolve("scheduled-spark-application.yaml");
    JsonNode resource = new YAMLMapper().readTree(file.toFile());
    assertThat(resource.path("apiVersion").asText()).isEqualTo("sparkoperator.k8s.io/v1beta2");
    assertThat(resource.path("kind").asText()).isEqualTo("ScheduledSparkApplication");
    JsonNode spec = resource.path("spec");
    assertThat(spec.path("concurrencyPolicy").asText()).isEqualTo("Forbid");
    JsonNode template = spec.path("template");
    assertThat(template.path("arguments"))
        .extracting(JsonNode::asText)
        .containsExactly(
            "prep",
            "--config",
            "/opt/polyspark/run/nightly.yaml",
            "--incremental",
            "--output",
            CORPUS);
    List<String> volumes = template.path("volumes").findValuesAsText("name");
    for (String role : List.of("driver", "executor")) {
      assertThat(template.path(role).path("volumeMounts"))
          .isNotEmpty()
          .allMatch(mount -> volumes.contains(mount.path("name").asText()));
    }
  }

  private static boolean isInstalled(String program) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static Outcome run(String... command) throws IOException, InterruptedException {
    return Outcome.of(SCHEDULE, Map.of(), command);
  }
}
