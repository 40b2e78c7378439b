package io.polyspark.prep.tokenizer;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.read.DocumentSource;
import io.polyspark.prep.read.FileSource;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.read.InputFiles;
import io.polyspark.prep.read.PartitionSize;
import io.polyspark.prep.read.ReadOptions;
import io.polyspark.prep.read.TaskFailure;
import io.polyspark.prep.read.TaskMemory;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/**
 * Trains a byte-level byte-pair encoding: words are counted on Spark, pairs are merged on the
 * driver, whose memory holds no more than {@link TrainTokenizerOptions#mostWords} words. The file
 * is a function of the text and the options.
 */
public final class TrainTokenizer {
  private TrainTokenizer() {}

  /**
   * Writes {@code options.output()}, whole or not at all.
   *
   * @throws UserError for missing, empty or damaged input, an output that exists, and text with too
   *     few pairs for so many tokens
   */
  public static TrainedTokenizer run(
      JavaSparkContext spark, TrainTokenizerOptions options, PrepareListener listener) {
    OutputFile output = new OutputFile(options.output(), spark.hadoopConfiguration());
    List<InputFile> files = InputFiles.list(options.inputs(), spark.hadoopConfiguration());
    long bytes = files.stream().mapToLong(InputFile::length).sum();
    DocumentSource source =
        new FileSource(
            files,
            ReadOptions.defaults()
                .withDocumentSeparator(options.documentSeparator())
                .withTaskBytes(TaskMemory.of(spark)),
            PartitionSize.of(bytes, spark));
    listener.phase("counting the words of " + source.describe());
    WordCounts counts;
    try {
      counts = WordCounts.count(spark, source, options.mostWords(), options.maxRejected());
    } catch (Exception e) {
      // Not RuntimeException: Scala throws Spark's exceptions, which are checked, undeclared.
      throw TaskFailure.of(e, "train " + options.output());
    }
    listener.phase(String.format("merging the pairs of %,d words", counts.words().size()));
    BpeVocabulary vocabulary = train(counts.words(), options);
    byte[] json = TokenizerFile.bytes(vocabulary, options.special());
    output.write(json);
    return new TrainedTokenizer(
        vocabulary.tokens().size(),
        vocabulary.merges().size(),
        counts.distinct(),
        counts.leastCount(),
        Sha256.hex(json));
  }

  /** Merges, and refuses a vocabulary that is smaller than asked for. */
  static BpeVocabulary train(List<Tuple2<String, Long>> words, TrainTokenizerOptions options) {
    BpeTrainer trainer = new BpeTrainer(options.special(), options.minFrequency());
    words.forEach(word -> trainer.add(word._1(), word._2()));
    BpeVocabulary vocabulary = trainer.train(options.vocabularySize());
    int size = vocabulary.tokens().size();
    if (size < options.vocabularySize()) {
      throw UserError.of(
          "The text gives no more than %d merges of pairs that occur at least %d times, so a"
              + " vocabulary of %d and not of %d: give more text, --vocab-size %d or a lower"
              + " --min-frequency.",
          vocabulary.merges().size(), options.minFrequency(), size, options.vocabularySize(), size);
    }
    return vocabulary;
  }
}
