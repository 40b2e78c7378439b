package io.polyspark.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.cli.PolySpark;
import io.polyspark.model.config.UserError;
import io.polyspark.prep.PrepareCorpus;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What makes Java objects of bytes is named by no class of the project, as the JDK's jdeps reads
 * them. Spark serializes tasks and shuffles between its own processes; no file comes into that.
 */
class NoJavaObjectsAreReadFromFilesTest {
  private static final List<String> DESERIALIZERS =
      List.of(
          "java.io.ObjectInputStream",
          "java.io.ObjectInput",
          "java.beans.XMLDecoder",
          "java.rmi.MarshalledObject",
          "org.apache.commons.lang3.SerializationUtils",
          "com.esotericsoftware.kryo",
          "org.yaml.snakeyaml.Yaml",
          "org.yaml.snakeyaml.constructor",
          "com.fasterxml.jackson.databind.jsontype.impl.LaissezFaireSubTypeValidator",
          "org.deeplearning4j.util.ModelSerializer",
          "org.nd4j.common.util.SerializationUtils",
          "org.apache.hadoop.io.SequenceFile",
          "org.apache.hadoop.io.ObjectWritable");

  @ParameterizedTest
  @ValueSource(classes = {UserError.class, PrepareCorpus.class, PolySpark.class})
  void noClassOfTheModuleNamesADeserializer(Class<?> ofModule) throws URISyntaxException {
    Path classes = Path.of(ofModule.getProtectionDomain().getCodeSource().getLocation().toURI());
    StringWriter found = new StringWriter();
    int code =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(
                new PrintWriter(found, true),
                new PrintWriter(found, true),
                "--multi-release",
                "base",
                "--ignore-missing-deps",
                "-verbose:class",
                "-filter:none",
                classes.toString());
    assertThat(code).isZero();
    assertThat(found.toString()).contains(ofModule.getName(), "java.io.IOException");
    assertThat(found.toString().lines().filter(NoJavaObjectsAreReadFromFilesTest::isForbidden))
        .isEmpty();
  }

  private static boolean isForbidden(String line) {
    String named = line.strip().replaceFirst("^-> ", "").replaceFirst("[ $].*", "");
    return line.contains("->")
        && DESERIALIZERS.stream()
            .anyMatch(type -> named.equals(type) || named.startsWith(type + "."));
  }
}
