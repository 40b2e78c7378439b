package io.polyspark.model.tensor.vector;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.NewJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same inputs give the same bits, in every operation, whatever the compiler makes of it. */
class SameBitsTest {
  private static final String MODULE = "--add-modules=jdk.incubator.vector";
  private static final Pattern RESULT = Pattern.compile(".+: [0-9a-f]{64}");

  /**
   * What attention needs for a second tile of keys, and otherwise little: an interpreter runs it.
   */
  private static final String[] SMALL = {"5", "37", "1", "259"};

  /** Enough work that every operation is split where there are two threads. */
  private static final String[] LARGE = {"131", "257", "3", "67"};

  /** Where the loops are. */
  private static final List<Class<?>> LOOPS =
      List.of(
          Arithmetic.class,
          ColumnSums.class,
          ErrorFunction.class,
          Exponential.class,
          Functions.class,
          Logistic.class,
          RowScaling.class,
          ScoreRow.class,
          Sums.class,
          VectorAdamW.class,
          VectorEmbedding.class,
          VectorGELU.class,
          VectorPolyNorm.class,
          VectorPolyReLU.class,
          VectorReLU.class,
          VectorRmsNorm.class,
          VectorRotary.class,
          VectorSwiGLU.class);

  /** Of what C2, level 4, has compiled, in the log of compilations. */
  private static final Pattern COMPILED_BY_C2 =
      Pattern.compile("\\s4\\s+" + Pattern.quote(Lanes.class.getPackageName()) + "\\.(\\w+)::");

  /**
   * The compiled JVM compiles early, and waits for it: its repetitions, which it compares, begin in
   * the interpreter and end in what C2 made.
   */
  @Test
  void interpretedAndCompiled(@TempDir Path directory) throws Exception {
    Path log = directory.resolve("compilations");
    List<String> compiled =
        hashes(
            "1",
            "60",
            SMALL,
            "-Xbatch",
            "-XX:CompileThresholdScaling=0.01",
            "-Xlog:jit+compilation=debug:file=" + log);
    assertThat(compiledByC2(log)).containsAll(LOOPS.stream().map(Class::getSimpleName).toList());

    assertThat(hashes("1", "1", SMALL, "-Xint")).isEqualTo(compiled);
    assertThat(hashes("1", "1", SMALL, "-XX:TieredStopAtLevel=1")).isEqualTo(compiled);
  }

  private static Set<String> compiledByC2(Path log) throws IOException {
    return COMPILED_BY_C2
        .matcher(Files.readString(log))
        .results()
        .map((MatchResult match) -> match.group(1))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void everyRunWithAsManyThreads(String threads) throws Exception {
    assertThat(hashes(threads, "3", LARGE)).isEqualTo(hashes(threads, "3", LARGE));
  }

  private static List<String> hashes(
      String threads, String repetitions, String[] sizes, String... flags) throws Exception {
    String said =
        new NewJvm()
            .flags(MODULE)
            .flags(flags)
            .environment("OMP_NUM_THREADS", threads)
            .run(OperationHashes.class, repetitions, sizes[0], sizes[1], sizes[2], sizes[3]);
    List<String> hashes = said.lines().filter(RESULT.asMatchPredicate()).toList();
    assertThat(hashes).as(said).hasSizeGreaterThan(100);
    return hashes;
  }
}
