package io.polyspark.prep.megatron;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.megatron.MegatronFile;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.PrepareListener;
import io.polyspark.prep.PreparedCorpus;
import io.polyspark.prep.Split;
import io.polyspark.prep.read.PartitionSize;
import io.polyspark.prep.read.TaskFailure;
import io.polyspark.prep.shard.CorpusFiles;
import io.polyspark.prep.shard.OutputDirectory;
import io.polyspark.prep.shard.PlainFiles;
import io.polyspark.prep.tokenize.PartitionSummary;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SplitRule;
import io.polyspark.prep.tokenize.TokenizeJob;
import io.polyspark.prep.tokenize.TokenizerOption;
import java.io.IOException;
import java.util.List;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * From data sets of Megatron's to token shards, on Spark. The ids stay as they are. A document is
 * held out by the hash of its text, so that it is on the same side as if {@code prep} had made its
 * ids. The result is a function of the files, their names and the options.
 */
public final class ImportMegatron {
  private ImportMegatron() {}

  /**
   * Writes {@code options.output()}, whole or not at all.
   *
   * @throws UserError for input that is missing, damaged, or another tokenizer's, and an output
   *     that exists
   */
  public static PreparedCorpus run(
      JavaSparkContext spark, ImportOptions options, PrepareListener listener) {
    try {
      return write(spark, options, listener);
    } catch (Exception e) {
      // Not RuntimeException: Scala throws Spark's exceptions, which are checked, undeclared.
      throw TaskFailure.of(e, "import " + String.join(" ", options.inputs()));
    }
  }

  private static PreparedCorpus write(
      JavaSparkContext spark, ImportOptions options, PrepareListener listener) throws IOException {
    Configuration configuration = spark.hadoopConfiguration();
    byte[] json = TokenizerOption.read(options.tokenizer(), configuration);
    Path output = new Path(options.output());
    FileSystem fs = PlainFiles.open(output, configuration);
    try (Tokenizer tokenizer = Tokenizer.load(json, options.tokenizer());
        OutputDirectory directory = new OutputDirectory(fs, fs.makeQualified(output))) {
      listener.phase("reading the index of " + String.join(" ", options.inputs()));
      MegatronSource source = source(spark, options.inputs());
      if (source.partitions() == 0) {
        throw UserError.of(
            "The input %s has no documents; name data sets with some.",
            String.join(" ", options.inputs()));
      }
      listener.phase("reading the documents");
      SplitRule rule = new SplitRule(Split.HASH, options.validationFraction());
      try (TokenizeJob tokens = TokenizeJob.run(spark, source, json, rule)) {
        refuseEmptySides(tokens.total());
        listener.phase("writing token shards");
        Manifest manifest =
            new CorpusFiles(spark, fs, directory.path())
                .write(tokens, tokenizer, options.shardTokens(), options.toMap());
        directory.commit();
        return new PreparedCorpus(fs.makeQualified(output), manifest, List.of());
      }
    }
  }

  /** The order is that of the full paths; a data set that is named twice counts once. */
  private static MegatronSource source(JavaSparkContext spark, List<String> inputs)
      throws IOException {
    Configuration configuration = spark.hadoopConfiguration();
    TreeMap<String, Path> prefixes = new TreeMap<>();
    long bytes = 0;
    for (String input : inputs) {
      Path prefix = new Path(input);
      FileSystem fs = prefix.getFileSystem(configuration);
      Path qualified = fs.makeQualified(prefix);
      if (prefixes.put(qualified.toString(), qualified) == null) {
        try (MegatronFile file = MegatronFile.open(fs, qualified)) {
          bytes += file.bytes();
        }
      }
    }
    return new MegatronSource(
        List.copyOf(prefixes.values()), PartitionSize.of(bytes, spark), configuration);
  }

  private static void refuseEmptySides(PartitionSummary total) {
    for (Side side : Side.values()) {
      if (total.side(side).tokens() == 0) {
        throw UserError.of(
            "The hash of the %d documents with tokens leaves the %s split empty; give more"
                + " documents or another --validation-fraction.",
            total.kept(), side.directory());
      }
    }
  }
}
