package io.polyspark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.testing.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts in submit/, copied to a place of their own with a space in its name. */
class ScriptsTest {
  private static final Path SUBMIT = Path.of(System.getProperty("conf.dir"), "..", "submit");

  private static final List<String> SCRIPTS =
      List.of(
          "polyspark",
          "quickstart",
          "test",
          "cluster/start",
          "cluster/stop",
          "cluster/gpus",
          "lib/environment.sh",
          "lib/cluster.sh");

  @TempDir Path directory;
  private Path root;

  @BeforeEach
  void copyScripts() throws IOException {
    root = directory.resolve("a clone");
    for (String script : SCRIPTS) {
      Path copy = root.resolve("submit").resolve(script);
      Files.createDirectories(copy.getParent());
      Files.copy(SUBMIT.resolve(script), copy);
    }
  }

  @Test
  void everyScriptIsBash() throws Exception {
    try (Stream<Path> scripts = Files.walk(root.resolve("submit"))) {
      for (Path script : scripts.filter(Files::isRegularFile).toList()) {
        assertThat(bash("-n", script.toString())).isEqualTo(new Outcome(0, ""));
      }
    }
  }

  @Test
  void quickstartLeavesADirectoryAloneThatItDidNotMake() throws Exception {
    Path foreign = root.resolve("runs/quickstart");
    Files.createDirectories(foreign);
    Files.writeString(foreign.resolve("thesis.tex"), "years of work");
    Outcome outcome = bash(root.resolve("submit/quickstart").toString());
    assertThat(outcome)
        .isEqualTo(
            new Outcome(
                2,
                foreign
                    + " is there and was not made by submit/quickstart: move it away and run this"
                    + " again.\n"));
    assertThat(foreign.resolve("thesis.tex")).hasContent("years of work");
  }

  @Test
  void quickstartNamesTextThatIsNotThere() throws Exception {
    Outcome outcome = bash(root.resolve("submit/quickstart").toString(), "no such text");
    assertThat(outcome)
        .isEqualTo(
            new Outcome(
                2,
                "There is no file or directory no such text: give your text, or nothing for a"
                    + " generated corpus.\n"));
    assertThat(root.resolve("runs")).doesNotExist();
  }

  @Test
  void whatCannotRunIsSaidBeforeAnythingIsBuilt() throws Exception {
    String polyspark = "HADOOP_CONF_DIR= YARN_CONF_DIR= SPARK_HOME= submit/polyspark ";
    assertThat(bash("-c", "cd 'a clone' && " + polyspark + "train -- --master yarn"))
        .isEqualTo(
            new Outcome(
                2,
                "--master yarn finds its cluster by HADOOP_CONF_DIR, which is not set: set it to the"
                    + " directory of yarn-site.xml and core-site.xml.\n"));
    assertThat(bash("-c", "cd 'a clone' && POLYSPARK_BACKEND=tpu " + polyspark + "train"))
        .isEqualTo(new Outcome(2, "POLYSPARK_BACKEND is 'tpu', but must be cpu or cuda.\n"));
    assertThat(bash("-c", "cd 'a clone' && POLYSPARK_JAR=no.jar " + polyspark + "train"))
        .isEqualTo(
            new Outcome(
                2,
                "POLYSPARK_JAR is no.jar, but there is no such file: set it right, or unset it to"
                    + " build the jar.\n"));
    assertThat(root.resolve("target")).doesNotExist();
  }

  @Test
  void everyBackEndHasAJarOfItsOwn() throws Exception {
    Files.createDirectories(root.resolve("target"));
    Files.createFile(root.resolve("target/polyspark-1-cuda.jar"));
    String find =
        "source 'a clone/submit/lib/environment.sh'; POLYSPARK_BACKEND=%s; find_jar &&"
            + " basename \"$POLYSPARK_JAR\"";
    assertThat(bash("-c", find.formatted("cuda")).output()).isEqualTo("polyspark-1-cuda.jar\n");
    assertThat(bash("-c", find.formatted("cpu")).code()).isEqualTo(1);
    Files.createFile(root.resolve("target/polyspark-1.jar"));
    assertThat(bash("-c", find.formatted("cpu")).output()).isEqualTo("polyspark-1.jar\n");
  }

  private Outcome bash(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash"));
    command.addAll(List.of(arguments));
    return Outcome.of(directory, Map.of(), command.toArray(String[]::new));
  }
}
