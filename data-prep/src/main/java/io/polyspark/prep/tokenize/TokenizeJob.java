package io.polyspark.prep.tokenize;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.DocumentSource;
import java.io.Closeable;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import scala.Function1;
import scala.Function2;
import scala.reflect.ClassTag;
import scala.runtime.BoxedUnit;

/**
 * The Spark job that tokenizes every document once and counts; its tokens stay on the executors'
 * disks until they are cut into shards. Close it to free them.
 */
public final class TokenizeJob implements AutoCloseable {
  private final JavaRDD<TokenizeOutput> outputs;
  private final List<PartitionSummary> partitions;

  /**
   * Runs the job.
   *
   * @throws UserError if more documents are damaged than {@code maxRejected}
   */
  public static TokenizeJob run(
      JavaSparkContext spark,
      DocumentSource source,
      byte[] tokenizerJson,
      SplitRule rule,
      long maxRejected) {
    Broadcast<Packed<DocumentSource>> sharedSource = spark.broadcast(Packed.of(source));
    Broadcast<byte[]> sharedJson = spark.broadcast(tokenizerJson);
    Broadcast<SerializableConfiguration> configuration =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    return run(
        spark,
        source.partitions(),
        numbers -> {
          DocumentReader reader =
              sharedSource.value().value().open(numbers.next(), configuration.value().value());
          Tokenizer tokenizer = Tokenizer.load(sharedJson.value());
          closeAtEnd(tokenizer, reader);
          return new TokenizedDocuments(reader, tokenizer, rule, maxRejected);
        },
        maxRejected);
  }

  /**
   * Runs the job on documents that are tokens already.
   *
   * @param tokenizerJson the tokenizer that made them
   * @param rule by hash
   */
  public static TokenizeJob run(
      JavaSparkContext spark, IdSource source, byte[] tokenizerJson, SplitRule rule) {
    Broadcast<Packed<IdSource>> sharedSource = spark.broadcast(Packed.of(source));
    Broadcast<byte[]> sharedJson = spark.broadcast(tokenizerJson);
    Broadcast<SerializableConfiguration> configuration =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    return run(
        spark,
        source.partitions(),
        numbers -> {
          Tokenizer tokenizer = Tokenizer.load(sharedJson.value());
          IdReader reader =
              sharedSource
                  .value()
                  .value()
                  .open(numbers.next(), tokenizer.vocabSize(), configuration.value().value());
          closeAtEnd(tokenizer, reader);
          return new ImportedDocuments(reader, tokenizer, rule);
        },
        0);
  }

  private static TokenizeJob run(
      JavaSparkContext spark,
      int partitions,
      FlatMapFunction<Iterator<Integer>, TokenizeOutput> tokenize,
      long maxRejected) {
    JavaRDD<TokenizeOutput> outputs =
        spark
            .parallelize(IntStream.range(0, partitions).boxed().toList(), partitions)
            .mapPartitions(tokenize)
            .persist(StorageLevel.DISK_ONLY());
    try {
      return new TokenizeJob(outputs, summaries(spark, outputs, maxRejected));
    } catch (Exception e) {
      outputs.unpersist(true);
      throw e;
    }
  }

  private TokenizeJob(JavaRDD<TokenizeOutput> outputs, List<PartitionSummary> partitions) {
    this.outputs = outputs;
    this.partitions = partitions;
  }

  /** Chunks and summaries, partition by partition. */
  public JavaRDD<TokenizeOutput> outputs() {
    return outputs;
  }

  /** The damaged documents that are left out, in the order of the input. */
  public List<RejectedDocument> rejected() {
    return outputs
        .filter(output -> output instanceof RejectedDocument)
        .map(output -> (RejectedDocument) output)
        .collect();
  }

  /** The counts of each partition. */
  public List<PartitionSummary> partitions() {
    return partitions;
  }

  /** The counts of all. */
  public PartitionSummary total() {
    return partitions.stream().reduce(PartitionSummary.none(), PartitionSummary::plus);
  }

  @Override
  public void close() {
    outputs.unpersist(true);
  }

  private static void closeAtEnd(Tokenizer tokenizer, Closeable reader) {
    TaskContext.get()
        .addTaskCompletionListener(
            task -> {
              tokenizer.close();
              try {
                reader.close();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  /**
   * Runs the job and collects the summaries as tasks end, so that it is given up as soon as too
   * many documents are damaged, not after the last task of a long run.
   */
  private static List<PartitionSummary> summaries(
      JavaSparkContext spark, JavaRDD<TokenizeOutput> outputs, long maxRejected) {
    String group = "tokenize-" + UUID.randomUUID();
    Summaries summaries = new Summaries(outputs.getNumPartitions());
    Function1<scala.collection.Iterator<TokenizeOutput>, Packed<PartitionSummary>> last =
        (Function1<scala.collection.Iterator<TokenizeOutput>, Packed<PartitionSummary>>
                & Serializable)
            TokenizeJob::last;
    Function2<Object, Packed<PartitionSummary>, BoxedUnit> collect =
        (partition, summary) -> {
          if (summaries.add((Integer) partition, summary.value()) > maxRejected) {
            spark.cancelJobGroup(group);
          }
          return BoxedUnit.UNIT;
        };
    spark.setJobGroup(group, "Tokenize the corpus", false);
    try {
      spark.sc().runJob(outputs.rdd(), last, collect, ClassTag.apply(Packed.class));
    } catch (Exception e) {
      // Not RuntimeException: Scala throws Spark's exceptions, which are checked, undeclared.
      summaries.refuse(maxRejected);
      throw e;
    } finally {
      spark.clearJobGroup();
    }
    summaries.refuse(maxRejected);
    return summaries.all();
  }

  private static Packed<PartitionSummary> last(scala.collection.Iterator<TokenizeOutput> outputs) {
    TokenizeOutput output = null;
    while (outputs.hasNext()) {
      output = outputs.next();
    }
    return ((PartitionEnd) output).summary();
  }

  /** What has come in, by partition. Spark's scheduler adds, the caller reads. */
  private static final class Summaries {
    private final PartitionSummary[] byPartition;
    private long rejected;

    Summaries(int partitions) {
      byPartition = new PartitionSummary[partitions];
    }

    /** Returns how many documents were damaged so far. */
    synchronized long add(int partition, PartitionSummary summary) {
      byPartition[partition] = summary;
      rejected += summary.rejected();
      return rejected;
    }

    synchronized List<PartitionSummary> all() {
      return List.of(byPartition);
    }

    synchronized void refuse(long maxRejected) {
      if (rejected <= maxRejected) {
        return;
      }
      String first =
          Arrays.stream(byPartition)
              .filter(summary -> summary != null && summary.firstRejection() != null)
              .findFirst()
              .orElseThrow()
              .firstRejection();
      if (maxRejected == 0) {
        throw UserError.of(
            "%s; correct it, or leave out up to N damaged documents with --max-rejected N.", first);
      }
      throw UserError.of(
          "More than %d documents are damaged (--max-rejected), the first: %s.",
          maxRejected, first);
    }
  }
}
