package io.polyspark.prep.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.deduplicate.DeduplicateStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializerInstance;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.reflect.ClassTag;

class RunReportTest {
  @TempDir Path directory;
  private FileSystem local;
  private org.apache.hadoop.fs.Path path;

  @BeforeEach
  void openFileSystem() throws IOException {
    local = FileSystem.getLocal(new Configuration()).getRaw();
    path = new org.apache.hadoop.fs.Path(directory.toUri());
  }

  @Test
  void whatIsWrittenIsReadBackEqual() throws IOException {
    RunReport report = ExampleReport.plain();
    ReportFiles.write(report, local, path);
    assertThat(ReportFiles.read(local, path)).isEqualTo(report);
    assertThat(directory.resolve("report.html")).content().startsWith("<!doctype html>");
    assertThat(directory.resolve("report.json"))
        .content()
        .contains("\"started\" : \"2026-01-31T08:15:30.123456789Z\"", "\"read_bytes\" : 0");
  }

  @Test
  void aRunThatHasNothingToTellIsAReportToo() throws IOException {
    RunReport report = empty();
    ReportFiles.write(report, local, path);
    assertThat(ReportFiles.read(local, path)).isEqualTo(report);
    assertThat(directory.resolve("report.html"))
        .content()
        .contains("0 documents (0 bytes) came in")
        .doesNotContain("<section");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "format_version" : 1 | "format_version" : 2 | ' has no report of format version 1; prepare the data again to have one.'
          "started" : "2026    | "started" : "soon    | ' is damaged (''soon-01-31T08:15:30.123456789Z'' is no time of ISO 8601); prepare the data again.'
          "sources" :          | "origins" :          | ' is damaged (it lacks sources); prepare the data again.'
          "before" : [ 0       | "before" : [ -1      | ' is damaged (a histogram has at most 64 counts, none below 0); prepare the data again.'
          """)
  void damageIsNamed(String found, String replaced, String sentence) throws IOException {
    ReportFiles.write(ExampleReport.plain(), local, path);
    Path file = directory.resolve("report.json");
    Files.writeString(file, Files.readString(file).replace(found, replaced));
    assertThatThrownBy(() -> ReportFiles.read(local, path))
        .isInstanceOf(UserError.class)
        .hasMessage(new org.apache.hadoop.fs.Path(path, "report.json") + sentence);
  }

  @Test
  void aMissingReportIsNamed() {
    assertThatThrownBy(() -> ReportFiles.read(local, path))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "%s is missing; name the directory of a prepared corpus.",
            new org.apache.hadoop.fs.Path(path, "report.json"));
  }

  @Test
  void clustersOfDeduplicationAreTakenOver() {
    DeduplicateStatistics statistics =
        new DeduplicateStatistics(
            100, 70, 5, 20, 10, 40, 7, List.of(new DeduplicateStatistics.Cluster(9, "a.txt", 12)));
    assertThat(RunReport.Duplicates.of(statistics, cluster -> "text of " + cluster.source()))
        .isEqualTo(
            new RunReport.Duplicates(
                100, 20, 10, 7, List.of(new RunReport.Cluster(9, "a.txt", 12, "text of a.txt"))));
  }

  @Test
  void languagesAreThoseOfTheStage() {
    RunReport report = ExampleReport.plain();
    assertThat(RunReport.languagesIn(report.funnel())).isEqualTo(report.languages());
    assertThat(RunReport.languagesIn(List.of())).isEmpty();
  }

  @Test
  void binsDoubleInWidth() {
    LengthHistogram histogram = new LengthHistogram();
    LongStream.of(0, 1, 2, 3, 4, 7, 8, Long.MAX_VALUE).forEach(histogram::add);
    long[] counts = new long[64];
    counts[0] = counts[1] = counts[4] = counts[63] = 1;
    counts[2] = counts[3] = 2;
    assertThat(histogram.toCounts()).isEqualTo(counts);
    assertThat(histogram.documents()).isEqualTo(8);
    IntStream.range(1, 64)
        .forEach(
            bin -> {
              LengthHistogram one = new LengthHistogram();
              one.add(LengthHistogram.start(bin));
              assertThat(one.toCounts()).hasSize(bin + 1);
            });
  }

  @Test
  void histogramsOfPartsAddUpAndTravelWithKryo() {
    LengthHistogram whole = new LengthHistogram();
    LengthHistogram odd = new LengthHistogram();
    LengthHistogram even = new LengthHistogram();
    for (int length = 0; length < 1000; length++) {
      whole.add(length);
      (length % 2 == 0 ? even : odd).add(length);
    }
    SerializerInstance kryo = new KryoSerializer(new SparkConf()).newInstance();
    ClassTag<LengthHistogram> tag = ClassTag.apply(LengthHistogram.class);
    LengthHistogram travelled = kryo.deserialize(kryo.serialize(odd, tag), tag);
    assertThat(even.plus(travelled)).isEqualTo(whole);
    assertThat(travelled.plus(even)).isEqualTo(whole);
  }

  static RunReport empty() {
    RunReport.Run run = ExampleReport.plain().run();
    return new RunReport(
        RunReport.FORMAT_VERSION,
        new RunReport.Run(
            "nothing", null, run.application(), run.started(), run.duration(), List.of()),
        List.of(),
        List.of(),
        null,
        new TreeMap<>(),
        null,
        List.of(),
        Map.of(),
        List.of());
  }
}
