package io.polyspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.cli.PolySpark;
import io.polyspark.cli.Program;
import io.polyspark.testing.Outcome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of one worker that offers two GPUs, from its start to its end. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StandaloneClusterScriptsTest {
  @TempDir private static Path directory;
  private static ScriptedCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    cluster = new ScriptedCluster(directory, NvidiaSmi.listing(directory, "0", "1"));
    Path settings = directory.resolve("gpu-worker.conf");
    Files.writeString(
        settings,
        Files.readString(ScriptedCluster.SUBMIT.resolve("gpu-worker.conf"))
            .replaceFirst("(gpu\\.amount +)1", "$12")
            .replaceFirst(
                "(?m)submit/cluster/gpus$", ScriptedCluster.SUBMIT.resolve("gpus").toString()));
    String[] arguments = {
      "--workers", "1", "--cores", "2", "--memory", "1g", "--properties", settings.toString()
    };
    Outcome outcome = cluster.start(arguments);
    assertThat(outcome.code()).as(outcome.output()).isZero();
    assertThat(outcome.output())
        .contains("submit/polyspark train ", "--master " + cluster.address())
        .endsWith("\n" + cluster.address() + "\n");
  }

  @AfterAll
  static void stop() throws Exception {
    assertThat(cluster.stop().code()).isZero();
  }

  @Test
  void aSecondStartSaysThatItIsRunning() throws Exception {
    List<ProcessHandle> before = cluster.processes();
    assertThat(cluster.start())
        .isEqualTo(
            new Outcome(
                0,
                "A cluster is already running; submit/cluster/stop ends it.\n"
                    + cluster.address()
                    + "\n"));
    assertThat(cluster.processes()).isEqualTo(before);
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    String port = cluster.address().replaceFirst(".*:", "");
    assertThat(cluster.startAnother())
        .isEqualTo(
            new Outcome(
                2,
                "Port "
                    + port
                    + " of 127.0.0.1 is taken: set SPARK_MASTER_PORT to another one.\n"));
    assertThat(directory.resolve("another")).doesNotExist();
  }

  @Test
  void aWorkerOffersItsGpusAndConcurrentTasksGetDifferentOnes() throws Exception {
    assertThat(get("http://127.0.0.1:" + cluster.uiPort() + "/json/").replaceAll("\\s", ""))
        .contains("\"gpu\":{\"name\":\"gpu\",\"addresses\":[\"0\",\"1\"]}");

    Process job =
        Program.submit(
                directory,
                List.of(
                    "--master=" + cluster.address(),
                    "--conf=spark.driver.host=127.0.0.1",
                    "--conf=spark.ui.enabled=false",
                    "--conf=spark.executor.extraClassPath=" + System.getProperty("java.class.path"),
                    "--conf=spark.executor.memory=512m",
                    "--conf=spark.executor.cores=1",
                    "--conf=spark.cores.max=2",
                    "--conf=spark.scheduler.minRegisteredResourcesRatio=1",
                    "--conf=spark.executor.resource.gpu.amount=1",
                    "--conf=spark.task.resource.gpu.amount=1"),
                GpuAddresses.class)
            .start();
    assertThat(job.waitFor()).as(Files.readString(directory.resolve("err.log"))).isZero();
    assertThat(directory.resolve("out.log")).content().endsWith("[[0], [1]]\n");
  }

  @Test
  void tasksThatNoWorkerHasRoomForAreNotWaitedForInSilence() throws Exception {
    Process prep =
        Program.submit(
                directory,
                List.of(
                    "--master=" + cluster.address(),
                    "--conf=spark.driver.host=127.0.0.1",
                    "--conf=spark.executor.cores=99"),
                PolySpark.class,
                "prep",
                "--synthetic",
                "10k",
                "--output",
                directory.resolve("never").toString())
            .start();
    Path err = directory.resolve("err.log");
    String sentence =
        "there is no executor: see whether the cluster at "
            + cluster.address()
            + " is up and its workers have room for executors of 99 cores";
    while (prep.isAlive() && !Files.readString(err).contains(sentence)) {
      prep.waitFor(100, TimeUnit.MILLISECONDS);
    }
    assertThat(err).content().contains(sentence);

    prep.destroy();
    prep.waitFor();
    assertThat(err).content().doesNotContain("\tat io.polyspark");
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void stopEndsAllOfItAndNothingElse() throws Exception {
    List<ProcessHandle> processes = cluster.processes();
    assertThat(processes).hasSizeGreaterThanOrEqualTo(2);
    // A number that another process has by now.
    Files.writeString(cluster.logs().resolve("worker-7.pid"), ProcessHandle.current().pid() + "\n");

    Outcome outcome = cluster.stop();

    assertThat(outcome)
        .isEqualTo(
            new Outcome(0, "Ended 2 processes; their logs are in " + cluster.logs() + ".\n"));
    // What has ended and waits for its parent has no program any more.
    assertThat(processes).noneMatch(process -> process.info().command().isPresent());
    assertThat(ProcessHandle.current().isAlive()).isTrue();
    assertThat(cluster.stop()).isEqualTo(new Outcome(0, "No cluster was running.\n"));
  }

  private static String get(String address) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(address)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
