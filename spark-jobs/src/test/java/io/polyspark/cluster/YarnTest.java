package io.polyspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.cli.PolySpark;
import io.polyspark.cli.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on a real YARN with the documented settings: its managers in this JVM, all else not. */
@Tag("faults")
class YarnTest {
  @TempDir private Path directory;

  @Test
  void trainsInClientMode() throws Exception {
    YarnConfiguration configuration = new YarnConfiguration();
    // The disk of a laptop that is nine tenths full is good enough.
    configuration.set(
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", "100");
    configuration.set("yarn.scheduler.capacity.root.queues", "default");
    configuration.set("yarn.scheduler.capacity.root.default.capacity", "100");
    configuration.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1");
    configuration.set("yarn.nodemanager.resource.memory-mb", "6144");
    configuration.set("yarn.scheduler.minimum-allocation-mb", "128");
    System.setProperty("test.build.data", directory.resolve("yarn").toString());
    try (MiniYARNCluster yarn = new MiniYARNCluster("yarn", 1, 1, 1)) {
      yarn.init(configuration);
      yarn.start();
      Path settings = settings(yarn);
      TinyCorpus.prepare(directory);

      ProcessBuilder driver =
          Program.submit(
              directory,
              List.of("--properties-file=" + settings),
              PolySpark.class,
              TinyCorpus.train("run"));
      driver.environment().put("HADOOP_CONF_DIR", directory.toString());
      int code = driver.start().waitFor();

      assertThat(code).as(Files.readString(directory.resolve("err.log"))).isZero();
      assertThat(directory.resolve("run/checkpoints/round-0000005")).isDirectory();
    }
  }

  /** The documented file, and what is of this cluster. */
  private Path settings(MiniYARNCluster yarn) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(Files.readString(ScriptedCluster.SUBMIT.resolve("yarn.conf")));
    // No more than this machine has.
    text.append("spark.executor.cores 1\n");
    text.append("spark.executor.memory 640m\n");
    text.append("spark.yarn.am.memory 512m\n");
    text.append("spark.driver.host 127.0.0.1\n");
    text.append("spark.ui.enabled false\n");
    // The class path stands for Spark's jars, none of which need be copied.
    Path none = Files.createFile(directory.resolve("none.jar"));
    text.append("spark.yarn.jars local:").append(none).append('\n');
    text.append("spark.yarn.stagingDir ").append(directory.toUri()).append('\n');
    for (String role : List.of("driver", "executor")) {
      String classPath = System.getProperty("java.class.path");
      text.append("spark." + role + ".extraClassPath ").append(classPath).append('\n');
    }
    for (String role : List.of("executorEnv", "yarn.appMasterEnv")) {
      text.append("spark." + role + ".JAVA_HOME ").append(System.getProperty("java.home"));
      text.append('\n');
    }
    for (Map.Entry<String, String> entry : yarn.getConfig()) {
      if (entry.getKey().startsWith("yarn.resourcemanager.")) {
        text.append("spark.hadoop." + entry.getKey() + " " + entry.getValue() + "\n");
      }
    }
    return Files.writeString(directory.resolve("yarn.conf"), text);
  }
}
