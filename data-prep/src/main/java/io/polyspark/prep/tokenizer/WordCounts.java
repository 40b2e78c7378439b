package io.polyspark.prep.tokenizer;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.read.DocumentReader;
import io.polyspark.prep.read.DocumentSource;
import io.polyspark.prep.tokenize.Packed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/**
 * The most frequent words of a text, counted on Spark. A function of the text: neither the order of
 * documents nor their division among tasks changes it.
 *
 * @param words words and how often each occurs, the bytes of a word one a character; in no order
 * @param distinct how many words there are, those included that are left out
 * @param leastCount words that occur less often are left out, since there are too many
 */
record WordCounts(List<Tuple2<String, Long>> words, long distinct, long leastCount) {
  /**
   * Runs the job.
   *
   * @param mostWords how many words the driver has room for
   * @throws UserError if more than {@code maxRejected} documents are damaged, or there is no word
   */
  static WordCounts count(
      JavaSparkContext spark, DocumentSource source, long mostWords, long maxRejected) {
    JavaPairRDD<String, Long> all =
        words(spark, source, maxRejected)
            .reduceByKey(Long::sum)
            .persist(StorageLevel.MEMORY_AND_DISK());
    try {
      long rejected = all.lookup(CountedWords.REJECTED).stream().findFirst().orElse(0L);
      if (rejected > maxRejected) {
        throw UserError.of(
            "%d documents are damaged, more than --max-rejected %d: correct them, or allow more.",
            rejected, maxRejected);
      }
      JavaPairRDD<String, Long> words =
          all.filter(word -> !word._1().equals(CountedWords.REJECTED));
      long distinct = words.count();
      if (distinct == 0) {
        throw UserError.of(
            "The input has no text: %d documents were left out as damaged; name files with text in"
                + " them.",
            rejected);
      }
      long least = distinct > mostWords ? leastCount(words, mostWords) : 1;
      return new WordCounts(words.filter(word -> word._2() >= least).collect(), distinct, least);
    } finally {
      all.unpersist(false);
    }
  }

  private static JavaPairRDD<String, Long> words(
      JavaSparkContext spark, DocumentSource source, long maxRejected) {
    Broadcast<Packed<DocumentSource>> sharedSource = spark.broadcast(Packed.of(source));
    Broadcast<SerializableConfiguration> configuration =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    int partitions = source.partitions();
    return spark
        .parallelize(IntStream.range(0, partitions).boxed().toList(), partitions)
        .mapPartitionsToPair(
            numbers ->
                read(
                    sharedSource
                        .value()
                        .value()
                        .open(numbers.next(), configuration.value().value()),
                    maxRejected));
  }

  private static Iterator<Tuple2<String, Long>> read(DocumentReader reader, long maxRejected) {
    TaskContext.get()
        .addTaskCompletionListener(
            task -> {
              try {
                reader.close();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    return new CountedWords(reader, maxRejected);
  }

  /** The least count at which no more words are kept than there is room for. */
  private static long leastCount(JavaPairRDD<String, Long> words, long mostWords) {
    // As many different counts as there are, no more than the square root of twice the text.
    Map<Long, Long> wordsByCount = new TreeMap<>(words.values().countByValue());
    long dropped = 0;
    long all = wordsByCount.values().stream().mapToLong(Long::longValue).sum();
    for (Map.Entry<Long, Long> entry : wordsByCount.entrySet()) {
      if (all - dropped <= mostWords) {
        return entry.getKey();
      }
      dropped += entry.getValue();
    }
    return Long.MAX_VALUE;
  }
}
