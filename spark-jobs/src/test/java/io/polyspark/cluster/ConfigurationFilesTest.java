package io.polyspark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.k8s.KubernetesUtils;
import org.apache.spark.deploy.k8s.SparkPod;
import org.apache.spark.internal.config.ConfigEntry;
import org.apache.spark.util.Utils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Option;

/** The files of settings in {@code submit/cluster} as Spark reads them. */
class ConfigurationFilesTest {
  /** Where Spark's settings are declared. */
  private static final List<String> DECLARATIONS =
      List.of(
          "org.apache.spark.internal.config.package$",
          "org.apache.spark.internal.config.Deploy$",
          "org.apache.spark.internal.config.History$",
          "org.apache.spark.internal.config.Network$",
          "org.apache.spark.internal.config.UI$",
          "org.apache.spark.internal.config.Worker$",
          "org.apache.spark.deploy.yarn.config.package$",
          "org.apache.spark.deploy.k8s.Config$");

  /**
   * What Spark documents and reads by a prefix, or in its network module, which declares nothing.
   */
  private static final Pattern DOCUMENTED =
      Pattern.compile(
          "spark\\.(driver|executor|worker)\\.resource\\.\\w+\\.(amount|discoveryScript|vendor)"
              + "|spark\\.task\\.resource\\.\\w+\\.amount"
              + "|spark\\.kubernetes\\.executor\\.volumes\\.emptyDir\\.[\\w-]+"
              + "\\.(mount\\.path|options\\.sizeLimit)"
              + "|spark\\.network\\.crypto\\.(authEngineVersion|cipher)"
              + "|spark\\.ssl\\.(enabled|protocol|keyStore|keyStorePassword|keyStoreType)"
              + "|spark\\.hadoop\\..+|spark\\.master");

  /** A setting that is there for who needs it. */
  private static final Pattern COMMENTED = Pattern.compile("(?m)^#(spark\\.)");

  @TempDir private Path directory;

  @BeforeAll
  static void declare() throws ReflectiveOperationException {
    for (String name : DECLARATIONS) {
      Class.forName(name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standalone", "gpu-worker", "yarn", "kubernetes", "secure"})
  void sparkKnowsEverySetting(String name) throws IOException {
    Path all = directory.resolve("all.conf");
    String text = Files.readString(ScriptedCluster.SUBMIT.resolve(name + ".conf"));
    Files.writeString(all, COMMENTED.matcher(text).replaceAll("$1"));

    var settings = Utils.getPropertiesFromFile(all.toString());

    List<String> keys = new ArrayList<>();
    settings.keysIterator().foreach(keys::add);
    assertThat(keys).isNotEmpty();
    assertThat(keys)
        .allMatch(key -> ConfigEntry.findEntry(key) != null || DOCUMENTED.matcher(key).matches());
    // A value that does not parse is an exception.
    SparkConf conf = new SparkConf(false);
    settings.foreach(setting -> conf.set(setting._1(), setting._2()));
    keys.stream()
        .map(ConfigEntry::findEntry)
        .filter(entry -> entry != null)
        .forEach(entry -> assertThat(conf.get(entry)).isNotNull());
  }

  @Test
  void anUnknownSettingIsFound() {
    assertThat(ConfigEntry.findEntry("spark.kubernetes.executor.podTemplate")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"driver", "executor"})
  void sparkTakesThePodTemplate(String role) {
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      SparkPod pod =
          KubernetesUtils.loadPodFromTemplate(
              client,
              ScriptedCluster.SUBMIT.resolve(role + "-pod.yaml").toUri().toString(),
              Option.apply("polyspark"),
              new SparkConf(false));

      PodSpec spec = pod.pod().getSpec();
      Container container = pod.container();
      assertThat(container.getName()).isEqualTo("polyspark");
      assertThat(pod.pod().getMetadata().getLabels())
          .containsEntry("app.kubernetes.io/component", role);
      assertThat(spec.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
      assertThat(container.getVolumeMounts())
          .allMatch(
              mount ->
                  spec.getVolumes().stream()
                      .anyMatch(volume -> volume.getName().equals(mount.getName())));
    }
  }
}
