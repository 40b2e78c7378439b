package io.polyspark.prep.megatron;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenReader;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.shards.TokenType;
import io.polyspark.model.shards.megatron.MegatronWriter;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.shard.PlainFiles;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * From token shards to data sets of Megatron's: {@code PREFIX_train} and {@code PREFIX_validation}.
 * A document is what ends with the end of text, which stays with it, in however many shard files it
 * lies. Runs in one process and holds some thousand tokens.
 */
public final class ExportMegatron {
  private static final int BLOCK_TOKENS = 1 << 16;

  private final FileSystem dataFileSystem;
  private final Path data;
  private final Manifest manifest;
  private final FileSystem fs;
  private final Path prefix;
  private final int[] block = new int[BLOCK_TOKENS];

  /**
   * What a split became.
   *
   * @param prefix path of the two files without {@code .bin} and {@code .idx}
   * @param documents in it
   * @param tokens in it, the ends of text included
   */
  public record Exported(String prefix, long documents, long tokens) {}

  /**
   * Reads the manifest.
   *
   * @param data directory of a corpus
   * @param prefix start of the files' names
   * @throws UserError if {@code data} is no corpus
   */
  public ExportMegatron(String data, String prefix, Configuration configuration)
      throws IOException {
    this.data = new Path(data);
    this.dataFileSystem = this.data.getFileSystem(configuration);
    this.manifest = Manifest.read(dataFileSystem, this.data);
    Path path = new Path(prefix);
    this.fs = PlainFiles.open(path, configuration);
    this.prefix = fs.makeQualified(path);
  }

  /** Tokens of all splits. */
  public long tokens() {
    return manifest.tokens();
  }

  /**
   * Writes the files under temporary names, and names them when all are whole.
   *
   * @param progress is told now and then how many tokens are written
   * @return by split
   * @throws UserError for a damaged shard, and for an output that exists
   */
  public Map<String, Exported> run(LongConsumer progress) throws IOException {
    try (MegatronWriter train = writer(TokenShards.TRAIN);
        MegatronWriter validation = writer(TokenShards.VALIDATION)) {
      Map<String, MegatronWriter> writers = new LinkedHashMap<>();
      writers.put(TokenShards.TRAIN, train);
      writers.put(TokenShards.VALIDATION, validation);
      long before = 0;
      for (Map.Entry<String, MegatronWriter> split : writers.entrySet()) {
        long start = before;
        write(split.getKey(), split.getValue(), written -> progress.accept(start + written));
        before += split.getValue().tokens();
      }
      return commit(writers);
    }
  }

  private Map<String, Exported> commit(Map<String, MegatronWriter> writers) throws IOException {
    Map<String, Exported> exported = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, MegatronWriter> split : writers.entrySet()) {
        MegatronWriter writer = split.getValue();
        writer.commit();
        exported.put(
            split.getKey(),
            new Exported(
                InputFile.display(path(split.getKey())), writer.documents(), writer.tokens()));
      }
      return exported;
    } catch (IOException | RuntimeException e) {
      for (MegatronWriter writer : writers.values()) {
        writer.withdraw();
      }
      throw e;
    }
  }

  private MegatronWriter writer(String split) {
    if (!manifest.splits().containsKey(split)) {
      throw UserError.of(
          "%s has no split %s, only %s.",
          data, split, String.join(", ", manifest.splits().keySet()));
    }
    TokenType type = TokenType.forVocabulary(manifest.tokenizer().vocabSize());
    try {
      return new MegatronWriter(fs, path(split), type);
    } catch (IOException e) {
      throw new UserError(
          "Cannot write to " + InputFile.display(path(split)) + ": " + e.getMessage() + ".", e);
    }
  }

  private Path path(String split) {
    return prefix.suffix("_" + split);
  }

  private void write(String split, MegatronWriter writer, LongConsumer progress)
      throws IOException {
    for (Manifest.File file : manifest.splits().get(split).files()) {
      TokenShards.verify(dataFileSystem, data, file);
    }
    long written = 0;
    try (TokenReader tokens = new TokenReader(dataFileSystem, data, manifest, split)) {
      for (int count = tokens.read(block); count >= 0; count = tokens.read(block)) {
        writeBlock(writer, count);
        written += count;
        progress.accept(written);
      }
    }
    if (writer.inDocument()) {
      throw UserError.of(
          "The split %s of %s does not end with the end of text, whose id is %d; prepare the data"
              + " again.",
          split, data, manifest.tokenizer().endOfText());
    }
    writer.finish();
  }

  private void writeBlock(MegatronWriter writer, int count) throws IOException {
    int endOfText = manifest.tokenizer().endOfText();
    int from = 0;
    for (int i = 0; i < count; i++) {
      if (block[i] == endOfText) {
        writer.write(block, from, i + 1);
        writer.endDocument();
        from = i + 1;
      }
    }
    writer.write(block, from, count);
  }
}
