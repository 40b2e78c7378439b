package io.polyspark.prep.filter;

import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.DocumentSource;
import io.polyspark.prep.read.ReadResult;
import io.polyspark.prep.read.TaskReading;
import io.polyspark.prep.tokenize.Packed;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/** The Spark job that says what a pipeline would do to a corpus, and writes nothing. */
public final class FilterJob {
  private FilterJob() {}

  /**
   * Sends all documents through the pipeline; damaged ones are left out.
   *
   * @return the same report however the source is divided
   */
  public static PipelineReport run(
      JavaSparkContext spark, DocumentSource source, FilterPipeline pipeline) {
    Broadcast<Packed<DocumentSource>> sharedSource = spark.broadcast(Packed.of(source));
    Broadcast<Packed<FilterPipeline>> sharedPipeline = spark.broadcast(Packed.of(pipeline));
    Broadcast<SerializableConfiguration> configuration =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    int partitions = source.partitions();
    List<Packed<PipelineReport>> reports =
        spark
            .parallelize(IntStream.range(0, partitions).boxed().toList(), partitions)
            .map(
                partition ->
                    Packed.of(
                        filter(
                            sharedSource.value().value(),
                            partition,
                            configuration.value().value(),
                            sharedPipeline.value().value())))
            .collect();
    return reports.stream()
        .map(Packed::value)
        .reduce(pipeline.start().report(), PipelineReport::plus);
  }

  private static PipelineReport filter(
      DocumentSource source, int partition, Configuration configuration, FilterPipeline pipeline)
      throws IOException {
    PipelineRun run = pipeline.start();
    try (DocumentReader documents =
        new FilteringReader(source.open(partition, configuration), run)) {
      ReadResult result;
      do {
        result = TaskReading.next(documents);
      } while (result != null);
    }
    return run.report();
  }
}
