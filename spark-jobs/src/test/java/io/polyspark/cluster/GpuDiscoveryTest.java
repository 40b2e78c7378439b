package io.polyspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.polyspark.testing.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code submit/cluster/gpus} says to Spark. */
class GpuDiscoveryTest {
  private static final String SCRIPT = ScriptedCluster.SUBMIT.resolve("gpus").toString();

  @TempDir private Path directory;

  @Test
  void listsTheGpusInOneLine() throws Exception {
    assertThat(discover(NvidiaSmi.listing(directory, "0", "1", "10")))
        .isEqualTo(new Outcome(0, "{\"name\":\"gpu\",\"addresses\":[\"0\",\"1\",\"10\"]}\n"));
  }

  @Test
  void saysThatThereIsNoDriver() throws Exception {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    Files.createSymbolicLink(empty.resolve("bash"), Path.of("/bin/bash"));
    assertThat(discover(Map.of("PATH", empty.toString())))
        .isEqualTo(
            new Outcome(
                1,
                "There is no nvidia-smi on the PATH: install NVIDIA's driver, or ask for no GPUs"
                    + " here.\n"));
  }

  @Test
  void saysThatTheDriverDoesNotWork() throws Exception {
    assertThat(discover(NvidiaSmi.running(directory, "echo 'Driver mismatch' >&2; exit 9")))
        .isEqualTo(
            new Outcome(
                1,
                """
                Driver mismatch
                nvidia-smi cannot list the GPUs: see what it says, and mend the driver.
                """));
  }

  @Test
  void saysThatThereIsNoGpu() throws Exception {
    assertThat(discover(NvidiaSmi.running(directory, "exit 0")))
        .isEqualTo(new Outcome(1, "nvidia-smi lists no GPU: ask for none here.\n"));
  }

  @Test
  void takesNothingForAGpuThatIsNoNumber() throws Exception {
    assertThat(discover(NvidiaSmi.running(directory, "echo 'No devices were found'")))
        .isEqualTo(
            new Outcome(
                1,
                "nvidia-smi lists a GPU as 'Nodeviceswerefound', which is no number: mend the"
                    + " driver.\n"));
  }

  @Test
  void listsTheGpusOfThisMachine() throws Exception {
    assumeThat(discover(Map.of()).code()).as("a GPU").isZero();
    assertThat(discover(Map.of()).output())
        .matches("\\{\"name\":\"gpu\",\"addresses\":\\[\"0\".*]}\n");
  }

  private Outcome discover(Map<String, String> environment) throws Exception {
    return Outcome.of(directory, environment, "/bin/bash", SCRIPT);
  }
}
