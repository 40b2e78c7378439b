package io.polyspark.prep;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.read.DocumentSource;
import io.polyspark.prep.read.FileSource;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.read.InputFiles;
import io.polyspark.prep.read.PartitionSize;
import io.polyspark.prep.read.ReadOptions;
import io.polyspark.prep.read.TaskFailure;
import io.polyspark.prep.read.TaskMemory;
import io.polyspark.prep.shard.CorpusFiles;
import io.polyspark.prep.shard.OutputDirectory;
import io.polyspark.prep.shard.PlainFiles;
import io.polyspark.prep.synthetic.SyntheticSource;
import io.polyspark.prep.tokenize.PartitionSummary;
import io.polyspark.prep.tokenize.RejectedDocument;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SplitRule;
import io.polyspark.prep.tokenize.TokenizeJob;
import io.polyspark.prep.tokenize.TokenizerOption;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * From text to token shards, on Spark: read, tokenize, cut into files, describe. The result is a
 * function of the input's bytes, the files' names and the options, on any cluster.
 */
public final class PrepareCorpus {
  private final JavaSparkContext spark;
  private final Configuration configuration;
  private final PrepareOptions options;
  private final PrepareListener listener;
  private final List<String> warnings = new ArrayList<>();

  private PrepareCorpus(JavaSparkContext spark, PrepareOptions options, PrepareListener listener) {
    this.spark = spark;
    this.configuration = spark.hadoopConfiguration();
    this.options = options;
    this.listener = listener;
  }

  /** As {@link #run(JavaSparkContext, PrepareOptions, PrepareListener)}, silently. */
  public static PreparedCorpus run(JavaSparkContext spark, PrepareOptions options) {
    return run(spark, options, PrepareListener.NONE);
  }

  /**
   * Writes {@code options.output()}, whole or not at all.
   *
   * @throws UserError for missing, empty or damaged input, a tokenizer that cannot be opened, and
   *     an output that exists
   */
  public static PreparedCorpus run(
      JavaSparkContext spark, PrepareOptions options, PrepareListener listener) {
    try {
      return new PrepareCorpus(spark, options, listener).run();
    } catch (Exception e) {
      // Not RuntimeException: Scala throws Spark's exceptions, which are checked, undeclared.
      throw TaskFailure.of(e, "prepare " + options.output());
    }
  }

  private PreparedCorpus run() throws IOException {
    byte[] tokenizerJson = TokenizerOption.read(options.tokenizer(), configuration);
    Path output = new Path(options.output());
    FileSystem fs = PlainFiles.open(output, configuration);
    try (Tokenizer tokenizer = Tokenizer.load(tokenizerJson, options.tokenizer());
        OutputDirectory directory = new OutputDirectory(fs, fs.makeQualified(output))) {
      DocumentSource source = source();
      listener.phase("tokenizing " + source.describe());
      SplitRule rule = new SplitRule(options.split(), options.validationFraction());
      TokenizeJob tokens = tokenize(source, tokenizerJson, rule);
      try {
        if (rule.kind() == Split.HASH && sideIsEmpty(tokens.total())) {
          warnings.add(fallback(tokens.total()));
          rule = new SplitRule(Split.TAIL, options.validationFraction());
          tokens.close();
          tokens = tokenize(source, tokenizerJson, rule);
        }
        refuseEmpty(tokens.total());
        Manifest manifest = write(tokens, rule, tokenizer, fs, directory.path());
        if (tokens.total().rejected() > 0) {
          writeRejected(tokens, fs, new Path(directory.path(), "rejected/documents.jsonl"));
        }
        directory.commit();
        return new PreparedCorpus(fs.makeQualified(output), manifest, List.copyOf(warnings));
      } finally {
        tokens.close();
      }
    }
  }

  private DocumentSource source() {
    if (options.syntheticBytes().isPresent()) {
      long bytes = options.syntheticBytes().get();
      return new SyntheticSource(bytes, options.seed(), PartitionSize.of(bytes, spark));
    }
    List<InputFile> files = InputFiles.list(options.inputs(), configuration);
    long bytes = files.stream().mapToLong(InputFile::length).sum();
    ReadOptions read =
        ReadOptions.defaults()
            .withDocumentSeparator(options.documentSeparator())
            .withTaskBytes(TaskMemory.of(spark));
    return new FileSource(files, read, PartitionSize.of(bytes, spark));
  }

  private TokenizeJob tokenize(DocumentSource source, byte[] tokenizerJson, SplitRule rule) {
    return TokenizeJob.run(spark, source, tokenizerJson, rule, options.maxRejected());
  }

  private static boolean sideIsEmpty(PartitionSummary total) {
    return total.kept() > 0
        && (total.side(Side.TRAIN).tokens() == 0 || total.side(Side.VALIDATION).tokens() == 0);
  }

  private String fallback(PartitionSummary total) {
    return String.format(
        "The hash of %s leaves the %s split empty, so the last %s of every document is held out"
            + " instead (--split tail).",
        total.kept() == 1 ? "the only document" : "the " + total.kept() + " documents",
        (total.side(Side.TRAIN).tokens() == 0 ? Side.TRAIN : Side.VALIDATION).directory(),
        options.validationFraction());
  }

  private void refuseEmpty(PartitionSummary total) {
    if (total.kept() == 0) {
      throw UserError.of(
          "The input %s has no text: %d %s read and left out (%s); name files with text"
              + " in them.",
          String.join(" ", options.inputs()),
          total.read(),
          total.read() == 1 ? "document was" : "documents were",
          total.dropped());
    }
    for (Side side : Side.values()) {
      if (total.side(side).tokens() == 0) {
        throw UserError.of(
            "The input has too little text for a validation fraction of %s: the %s split would be"
                + " empty; give more text or another --validation-fraction.",
            options.validationFraction(), side.directory());
      }
    }
  }

  private static void writeRejected(TokenizeJob tokens, FileSystem fs, Path file)
      throws IOException {
    ObjectWriter json = new ObjectMapper().writerFor(RejectedDocument.class);
    try (OutputStream out = fs.create(file, false)) {
      for (RejectedDocument rejected : tokens.rejected()) {
        out.write(json.writeValueAsBytes(rejected));
        out.write('\n');
      }
    }
  }

  private Manifest write(
      TokenizeJob tokens, SplitRule rule, Tokenizer tokenizer, FileSystem fs, Path directory)
      throws IOException {
    PartitionSummary total = tokens.total();
    long allTokens = total.side(Side.TRAIN).tokens() + total.side(Side.VALIDATION).tokens();
    listener.phase(String.format("writing %,d tokens", allTokens));
    Map<String, Object> made = options.toMap();
    made.put("split", rule.kind().optionName());
    return new CorpusFiles(spark, fs, directory)
        .write(tokens, tokenizer, options.shardTokens(), made);
  }
}
