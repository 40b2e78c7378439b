package io.polyspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.cli.PolySpark;
import io.polyspark.cli.Program;
import io.polyspark.testing.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on a standalone cluster with {@code submit/cluster/secure.conf}: a shared secret,
 * encrypted traffic and scratch files, pages over TLS; and no secret anywhere.
 */
class SecureClusterTest {
  private static final String SECRET = "Kestrel-41-of-the-cluster";
  private static final String PASSWORD = "Osprey-77-of-the-keystore";
  private static final String TOKEN = "Merlin-13-of-the-object-store";
  private static final Path SETTINGS = ScriptedCluster.SUBMIT.resolve("secure.conf");

  @TempDir private static Path directory;
  private static Map<String, String> environment;
  private static ScriptedCluster cluster;
  private static TrustingClient client;

  @BeforeAll
  static void start() throws Exception {
    Path keystore = TrustingClient.makeKeystore(directory, PASSWORD);
    client = new TrustingClient(keystore, PASSWORD);
    environment =
        Map.of(
            "_SPARK_AUTH_SECRET", SECRET,
            "POLYSPARK_KEYSTORE", keystore.toString(),
            "POLYSPARK_KEYSTORE_PASSWORD", PASSWORD);
    cluster = new ScriptedCluster(directory, environment);
    Outcome outcome =
        cluster.start(
            "--workers",
            "1",
            "--cores",
            "2",
            "--memory",
            "2g",
            "--properties",
            SETTINGS.toString());
    assertThat(outcome.code()).as(outcome.output()).isZero();
    TinyCorpus.prepare(directory);
    Files.createDirectory(directory.resolve("events"));
  }

  @AfterAll
  static void stop() throws Exception {
    assertThat(cluster.stop().code()).isZero();
  }

  @Test
  void trainsAndShowsNoSecretAnywhere() throws Exception {
    int uiPort = ScriptedCluster.freePort();
    Process driver =
        train("run", environment, "--verbose", "--conf=spark.ui.port=" + uiPort).start();

    String pages = client.awaitPage(driver, uiPort, "environment", "sparkProperties");
    pages += client.awaitPage(driver, uiPort, "allexecutors", "hostPort");
    List<String> commands = commandLines();
    int code = driver.waitFor();

    assertThat(code).as(errors()).isZero();
    assertThat(directory.resolve("run/checkpoints/round-0000005")).isDirectory();
    assertThat(pages)
        .contains("[ \"spark.authenticate\", \"true\" ]")
        .contains("[ \"spark.network.crypto.enabled\", \"true\" ]")
        .contains("[ \"spark.io.encryption.enabled\", \"true\" ]")
        .contains("[ \"spark.authenticate.secret\", \"*********(redacted)\" ]")
        .contains("[ \"spark.hadoop.fs.s3a.secret.key\", \"*********(redacted)\" ]")
        .doesNotContain(SECRET, PASSWORD, TOKEN);
    assertThat(commands)
        .anyMatch(command -> command.contains("CoarseGrainedExecutorBackend"))
        .noneMatch(command -> isSecretIn(command, SECRET, PASSWORD, TOKEN));
    assertThat(errors()).contains("SparkContext").doesNotContain(SECRET, PASSWORD, TOKEN);
    assertThat(client.get("https://127.0.0.1:" + (cluster.uiPort() + 400) + "/json/"))
        .contains("completedapps")
        .doesNotContain(SECRET, PASSWORD, TOKEN);
    assertThat(filesWith(SECRET, PASSWORD)).isEmpty();
    // Where we have put it.
    assertThat(filesWith(TOKEN)).containsExactly(directory.resolve("run.conf"));
    assertThat(directory.resolve("events")).isNotEmptyDirectory();
  }

  @Test
  void whoDoesNotKnowTheSecretIsToldSo() throws Exception {
    Map<String, String> wrong =
        Map.of(
            "_SPARK_AUTH_SECRET",
            "Buzzard",
            "POLYSPARK_KEYSTORE",
            environment.get("POLYSPARK_KEYSTORE"),
            "POLYSPARK_KEYSTORE_PASSWORD",
            PASSWORD);
    Process driver = train("refused", wrong).start();
    assertThat(driver.waitFor()).as(errors()).isEqualTo(2);
    assertThat(errors())
        .contains("The master at " + cluster.address() + " does not talk to us: give spark.auth")
        .doesNotContain("Exception");
    assertThat(directory.resolve("refused")).doesNotExist();
  }

  @Test
  void whoHasNoSecretIsToldSo() throws Exception {
    Process driver = train("none", Map.of()).start();
    assertThat(driver.waitFor()).as(errors()).isEqualTo(2);
    assertThat(errors()).contains("put the one of the cluster into the environment variable");
  }

  /** By spark-submit, with the documented file and a user's own settings in one file. */
  private static ProcessBuilder train(String output, Map<String, String> with, String... more)
      throws IOException {
    Path settings = directory.resolve("run.conf");
    Files.writeString(
        settings,
        String.join(
            "\n",
            Files.readString(SETTINGS),
            "spark.driver.host 127.0.0.1",
            "spark.executor.memory 640m",
            "spark.executor.extraClassPath " + System.getProperty("java.class.path"),
            "spark.eventLog.enabled true",
            "spark.eventLog.dir " + directory.resolve("events").toUri(),
            "spark.hadoop.fs.s3a.secret.key " + TOKEN));
    List<String> options = new ArrayList<>(List.of("--master=" + cluster.address()));
    options.addAll(Stream.of(more).filter(option -> option.startsWith("--conf")).toList());
    options.add("--properties-file=" + settings);
    List<String> arguments = new ArrayList<>(List.of(TinyCorpus.train(output)));
    arguments.addAll(Stream.of(more).filter(option -> !option.startsWith("--conf")).toList());
    ProcessBuilder driver =
        Program.submit(directory, options, PolySpark.class, arguments.toArray(String[]::new));
    driver.environment().putAll(with);
    return driver;
  }

  /** Of every process of this machine that may be looked at. */
  private static List<String> commandLines() throws IOException {
    List<String> lines = new ArrayList<>();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          lines.add(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1));
        } catch (IOException gone) {
          // It has ended, or is not ours to see.
        }
      }
    }
    return lines;
  }

  /** All that cluster and runs have left, jars and class files aside. */
  private static List<Path> filesWith(String... secrets) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        if (!file.toString().endsWith(".jar")
            && isSecretIn(Files.readString(file, StandardCharsets.ISO_8859_1), secrets)) {
          found.add(file);
        }
      }
    }
    return found;
  }

  private static boolean isSecretIn(String text, String... secrets) {
    return Stream.of(secrets).anyMatch(text::contains);
  }

  private static String errors() throws IOException {
    return Files.readString(directory.resolve("err.log"));
  }
}
