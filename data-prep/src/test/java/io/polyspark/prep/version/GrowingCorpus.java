package io.polyspark.prep.version;

import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.ShardWriter;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A corpus to which runs add one shard each, as a pipeline would. */
final class GrowingCorpus {
  static final byte[] TOKENIZER = "{}".getBytes(StandardCharsets.UTF_8);
  private static final int VOCABULARY = 257;

  private final FileSystem fs;
  private final Path data;

  GrowingCorpus(FileSystem fs, Path data) {
    this.fs = fs;
    this.data = fs.makeQualified(data);
  }

  CorpusVersions versions() {
    return new CorpusVersions(fs, data);
  }

  Lease lease() throws IOException {
    return Lease.take(fs, data);
  }

  /** A run from its start to its end; its tokens are all the given id. */
  long grow(int id) throws IOException {
    try (Lease lease = lease()) {
      return grow(fs, id, lease);
    }
  }

  /** The same on a file system that may fail. */
  long grow(FileSystem through, int id, Lease lease) throws IOException {
    CorpusVersions versions = new CorpusVersions(through, data);
    versions.removeLeftovers(lease);
    Optional<CorpusVersion> before = versions.current();
    long number = versions.nextVersion();
    versions.writeTokenizer(TOKENIZER, lease);
    Manifest.File file = shard(through, CorpusVersions.shardName("train", number, 0), id);
    Manifest added = manifest(file);
    Manifest manifest =
        before
            .map(version -> GrownManifest.of(version.manifest(), added, number))
            .orElse(added.withVersion(number));
    // In the place of the index' batch of documents.
    Path batch = new Path(versions.index(), CorpusVersions.batchName(number));
    through.mkdirs(batch);
    List<AcceptedInput> inputs = new ArrayList<>();
    List<String> batches = new ArrayList<>();
    before.ifPresent(
        version -> {
          inputs.addAll(version.state().inputs());
          batches.addAll(version.state().indexBatches());
        });
    inputs.add(new AcceptedInput("source", "file:/input-" + id, 8, 1000, Sha256.hex(TOKENIZER)));
    batches.add(batch.getName());
    OptionalLong parent =
        before
            .map(version -> OptionalLong.of(version.state().version()))
            .orElse(OptionalLong.empty());
    versions.publish(manifest, CorpusState.of(number, parent, inputs, batches), lease);
    return number;
  }

  /** The first id of each shard of a corpus that is named by its directory or a manifest. */
  List<Integer> ids(Path named) {
    List<Integer> ids = new ArrayList<>();
    int[] tokens = new int[4];
    try (TokenShards shards = TokenShards.open(fs, named, TokenShards.TRAIN, 4)) {
      for (long window = 0; window < shards.windows(); window++) {
        shards.window(window, tokens, new int[4], 0);
        ids.add(tokens[0]);
      }
    }
    return ids;
  }

  List<Integer> ids() {
    return ids(data);
  }

  /** Every file with its sum, but for the lease. */
  Map<String, String> sums() throws IOException {
    Map<String, String> sums = new TreeMap<>();
    if (fs.exists(data)) {
      sums(data, "", sums);
    }
    return sums;
  }

  private void sums(Path directory, String prefix, Map<String, String> sums) throws IOException {
    for (FileStatus status : fs.listStatus(directory)) {
      String name = prefix + status.getPath().getName();
      if (status.isDirectory()) {
        sums.put(name, "");
        sums(status.getPath(), name + "/", sums);
      } else {
        try (var in = fs.open(status.getPath())) {
          sums.put(name, Sha256.hex(in.readAllBytes()));
        }
      }
    }
  }

  private Manifest.File shard(FileSystem through, String name, int id) throws IOException {
    int[] ids = new int[6];
    Arrays.fill(ids, id);
    byte[] encoded = TokenType.forVocabulary(VOCABULARY).encode(ids);
    try (ShardWriter writer =
        new ShardWriter(
            through.create(new Path(data, name), true),
            name,
            TokenType.forVocabulary(VOCABULARY),
            ids.length)) {
      writer.write(encoded, 0, encoded.length);
      return writer.finish();
    }
  }

  private static Manifest manifest(Manifest.File file) {
    return new Manifest(
        Manifest.FORMAT_VERSION,
        new Manifest.TokenizerIdentity(Sha256.hex(TOKENIZER), VOCABULARY, VOCABULARY - 1),
        TokenType.forVocabulary(VOCABULARY).dtype(),
        Map.of(
            TokenShards.TRAIN,
            new Manifest.Split(1, file.tokens(), 2 * file.tokens(), null, List.of(file))),
        new Manifest.Documents(2, 1, Map.of("empty", 1L)),
        Map.of());
  }
}
