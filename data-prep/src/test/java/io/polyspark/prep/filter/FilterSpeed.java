package io.polyspark.prep.filter;

import io.polyspark.prep.DocumentSeparator;
import io.polyspark.prep.decontaminate.Decontaminate;
import io.polyspark.prep.decontaminate.EvaluationNgrams;
import io.polyspark.prep.mask.MaskAddresses;
import io.polyspark.prep.normalize.Languages;
import io.polyspark.prep.normalize.Normalize;
import io.polyspark.prep.read.Document;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.FileSource;
import io.polyspark.prep.read.InputFiles;
import io.polyspark.prep.read.ReadOptions;
import io.polyspark.prep.read.ReadResult;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/**
 * Times the stages on one thread, on documents in memory, and says what they remove: the program
 * behind {@code docs/benchmarks/filters.sh}.
 */
public final class FilterSpeed {
  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
  private static final int ROUNDS = 3;
  private static final long ROUND_NANOSECONDS = 1_000_000_000;
  private static final String EVALUATION = "--evaluation=";
  private static final String VERDICTS = "--verdicts=";

  private FilterSpeed() {}

  /**
   * Arguments are text or JSON lines files; {@code --evaluation=FILE} for decontamination; and
   * {@code --verdicts=DIRECTORY} where the documents and the filters' verdicts go.
   */
  public static void main(String[] arguments) throws IOException {
    List<String> evaluations = valuesOf(EVALUATION, arguments);
    List<String> files =
        Arrays.stream(arguments).filter(argument -> !argument.startsWith("--")).toList();
    List<Document> documents = read(files);
    List<Stage> filters =
        List.of(GopherRepetition.DEFAULTS, GopherQuality.DEFAULTS, C4.DEFAULTS, FineWeb.DEFAULTS);
    for (String directory : valuesOf(VERDICTS, arguments)) {
      FilterVerdicts.write(Path.of(directory), documents, filters);
    }
    List<Stage> stages = new ArrayList<>(List.of(Normalize.DEFAULTS));
    stages.addAll(filters);
    if (!evaluations.isEmpty()) {
      stages.add(
          Decontaminate.any(
              EvaluationNgrams.read(
                  evaluations, EvaluationNgrams.DEFAULT_WORDS, new Configuration())));
    }
    stages.add(MaskAddresses.DEFAULTS);
    for (Stage stage : stages) {
      time(stage.name(), List.of(stage), documents);
    }
    time("the four filters", filters, documents);
    time("all of these", stages, documents);
    time(Languages.NAME, List.of(Languages.of("eng")), documents);
    stages.add(1, Languages.of("eng"));
    print(run(stages, documents));
  }

  private static List<String> valuesOf(String option, String[] arguments) {
    return Arrays.stream(arguments)
        .filter(argument -> argument.startsWith(option))
        .map(argument -> argument.substring(option.length()))
        .toList();
  }

  private static List<Document> read(List<String> files) throws IOException {
    Configuration configuration = new Configuration();
    List<Document> documents = new ArrayList<>();
    FileSource source =
        new FileSource(
            InputFiles.list(files, configuration),
            ReadOptions.defaults().withDocumentSeparator(DocumentSeparator.FILE),
            Long.MAX_VALUE);
    try (DocumentReader reader = source.open(0, configuration)) {
      for (ReadResult next = reader.next(); next != null; next = reader.next()) {
        if (next instanceof Document document) {
          documents.add(document);
        }
      }
    }
    return documents;
  }

  /** The best of some rounds, in bytes of UTF-8 by the thread's own processor time. */
  private static void time(String name, List<Stage> stages, List<Document> documents) {
    long bytes = documents.stream().mapToLong(document -> document.utf8().length).sum();
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = CLOCK.getCurrentThreadCpuTime();
      long passes = 0;
      while (CLOCK.getCurrentThreadCpuTime() - start < ROUND_NANOSECONDS) {
        run(stages, documents);
        passes++;
      }
      long time = CLOCK.getCurrentThreadCpuTime() - start;
      best = Math.max(best, passes * bytes * 1e3 / time);
    }
    System.out.printf(Locale.ROOT, "%-20s %7.1f MB/s%n", name, best);
  }

  private static PipelineReport run(List<Stage> stages, List<Document> documents) {
    PipelineRun run = new FilterPipeline(stages, 0, 0).start();
    documents.forEach(run::apply);
    return run.report();
  }

  private static void print(PipelineReport report) {
    for (StageReport stage : report.stages()) {
      System.out.printf(
          Locale.ROOT,
          "%-20s in %d documents, %d bytes; out %d, %d; removed %s; events %s%n",
          stage.stage(),
          stage.in().documents(),
          stage.in().bytes(),
          stage.out().documents(),
          stage.out().bytes(),
          stage.removed(),
          stage.events());
    }
  }
}
