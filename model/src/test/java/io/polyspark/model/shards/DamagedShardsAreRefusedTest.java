package io.polyspark.model.shards;

import io.polyspark.model.read.DamagedFile;
import io.polyspark.model.read.Mutations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A corpus' manifest and its shards, damaged in thousands of ways and read window by window. */
class DamagedShardsAreRefusedTest {
  private static final int CONTEXT = 8;
  private static final int VOCABULARY = 257;

  @TempDir Path directory;
  private FileSystem local;
  private org.apache.hadoop.fs.Path data;

  @BeforeEach
  void writeCorpus() throws IOException {
    local = FileSystem.getLocal(new Configuration()).getRaw();
    data = new org.apache.hadoop.fs.Path(directory.toUri());
    Map<String, Manifest.Split> splits = new TreeMap<>();
    for (String split : new String[] {TokenShards.TRAIN, TokenShards.VALIDATION}) {
      Files.createDirectories(directory.resolve(split));
      List<Manifest.File> files = new ArrayList<>();
      for (int number = 0; number < 3; number++) {
        files.add(shard(split + "/0000" + number + ".npy"));
      }
      splits.put(split, new Manifest.Split(2, 300, 290, 1.5, files));
    }
    new Manifest(
            Manifest.FORMAT_VERSION,
            new Manifest.TokenizerIdentity("0".repeat(64), VOCABULARY, VOCABULARY - 1),
            TokenType.UINT16.dtype(),
            splits,
            new Manifest.Documents(2, 1, Map.of("empty", 1L)),
            new TreeMap<>(Map.of("split", "hash", "validation_fraction", 0.1)))
        .write(local, data);
  }

  @Test
  void manifests() throws IOException {
    Mutations mutations = new Mutations(7);
    damaged(Manifest.FILE).read(2000, mutations::ofJson);
  }

  @Test
  void shards() throws IOException {
    Mutations mutations = new Mutations(8);
    damaged("train/00001.npy").read(1000, mutations::of);
  }

  private DamagedFile damaged(String name) throws IOException {
    return new DamagedFile(directory.resolve(name), directory.toString(), this::readAll);
  }

  private void readAll() {
    int[] tokens = new int[CONTEXT];
    int[] targets = new int[CONTEXT];
    try (TokenShards shards = TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT)) {
      for (long window = 0; window < shards.windows(); window++) {
        shards.window(window, tokens, targets, 0);
      }
    }
  }

  private Manifest.File shard(String name) throws IOException {
    byte[] ids = TokenType.UINT16.encode(IntStream.range(0, 100).toArray());
    try (ShardWriter writer =
        new ShardWriter(
            Files.newOutputStream(directory.resolve(name)), name, TokenType.UINT16, 100)) {
      writer.write(ids, 0, ids.length);
      return writer.finish();
    }
  }
}
