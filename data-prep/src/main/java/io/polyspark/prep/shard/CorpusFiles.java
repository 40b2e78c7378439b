package io.polyspark.prep.shard;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.tokenize.PartitionSummary;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SideCounts;
import io.polyspark.prep.tokenize.TokenizeJob;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/** All files of a corpus: the shards, the tokenizer, and the manifest, which is written last. */
public final class CorpusFiles {
  private final JavaSparkContext spark;
  private final FileSystem fs;
  private final Path directory;

  /** Files of a directory that exists. */
  public CorpusFiles(JavaSparkContext spark, FileSystem fs, Path directory) {
    this.spark = spark;
    this.fs = fs;
    this.directory = directory;
  }

  /**
   * Writes them.
   *
   * @param tokens made by the tokenizer
   * @param shardTokens tokens per shard file
   * @param made the options that made the tokens, for the manifest
   */
  public Manifest write(
      TokenizeJob tokens, Tokenizer tokenizer, long shardTokens, Map<String, Object> made)
      throws IOException {
    PartitionSummary total = tokens.total();
    TokenType type = TokenType.forVocabulary(tokenizer.vocabSize());
    Map<Side, List<Manifest.File>> files =
        ShardJob.run(spark, tokens, type, shardTokens, fs, directory);
    Map<String, Manifest.Split> splits = new LinkedHashMap<>();
    files.forEach((side, list) -> splits.put(side.directory(), split(total.side(side), list)));
    Manifest manifest =
        new Manifest(
            Manifest.FORMAT_VERSION,
            new Manifest.TokenizerIdentity(
                tokenizer.sha256(), tokenizer.vocabSize(), tokenizer.endOfText()),
            type.dtype(),
            splits,
            new Manifest.Documents(total.read(), total.kept(), total.dropped()),
            made);
    try (OutputStream out = fs.create(new Path(directory, Manifest.TOKENIZER_FILE), false)) {
      out.write(tokenizer.json());
    }
    manifest.write(fs, directory);
    return manifest;
  }

  private static Manifest.Split split(SideCounts counts, List<Manifest.File> files) {
    return new Manifest.Split(
        counts.documents(),
        counts.tokens(),
        counts.textBytes(),
        counts.microbits() > 0 ? counts.bitsPerByte() : null,
        files);
  }
}
