package io.polyspark.model.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenShardsTest {
  private static final int CONTEXT = 4;

  @TempDir java.nio.file.Path directory;
  private FileSystem local;
  private Path data;

  @BeforeEach
  void openFileSystem() throws IOException {
    local = FileSystem.getLocal(new Configuration()).getRaw();
    data = new Path(directory.toUri());
  }

  @Test
  void windowsOverlapByOneTokenAndNeverCrossFiles() throws IOException {
    write(257, range(0, 10), range(100, 104), range(200, 205));
    try (TokenShards shards = TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT)) {
      // Tokens 0 to 4 and 4 to 8 of the first file; the second is one token short; all of the
      // third.
      assertThat(shards.windows()).isEqualTo(3);
      assertThat(shards.tokens()).isEqualTo(19);
      assertThat(window(shards, 0)).containsExactly(0, 1, 2, 3, 1, 2, 3, 4);
      assertThat(window(shards, 1)).containsExactly(4, 5, 6, 7, 5, 6, 7, 8);
      assertThat(window(shards, 2)).containsExactly(200, 201, 202, 203, 201, 202, 203, 204);
      assertThatThrownBy(() -> window(shards, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void rowsLandWhereTheyAreAsked() throws IOException {
    write(257, range(0, 10));
    try (TokenShards shards = TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT)) {
      int[] tokens = new int[10];
      int[] targets = new int[10];
      shards.window(1, tokens, targets, 5);
      assertThat(tokens).containsExactly(0, 0, 0, 0, 0, 4, 5, 6, 7, 0);
      assertThat(targets).containsExactly(0, 0, 0, 0, 0, 5, 6, 7, 8, 0);
    }
  }

  @Test
  void idsUseTheirFullRange() throws IOException {
    write(65_536, new int[] {65_535, 0, 32_768, 32_767, 1});
    try (TokenShards shards = TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT)) {
      assertThat(shards.manifest().dtype()).isEqualTo("<u2");
      assertThat(window(shards, 0)).startsWith(65_535, 0, 32_768, 32_767);
    }
    write(65_537, new int[] {65_536, 0, 32_768, 32_767, 1});
    try (TokenShards shards = TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT)) {
      assertThat(shards.manifest().dtype()).isEqualTo("<u4");
      assertThat(window(shards, 0)).startsWith(65_536, 0, 32_768, 32_767);
    }
  }

  @Test
  void otherFileSystemsAreReadByPosition() throws IOException {
    write(70_000, range(69_000, 69_100), range(0, 50));
    try (FileSystem other = new OtherFileSystem();
        TokenShards onDisk = TokenShards.open(local, data, TokenShards.TRAIN, 7);
        TokenShards remote =
            TokenShards.open(
                other, new Path("other://host" + data.toUri().getPath()), TokenShards.TRAIN, 7)) {
      assertThat(remote.windows()).isEqualTo(onDisk.windows());
      for (long number = remote.windows() - 1; number >= 0; number--) {
        int[] tokens = new int[7];
        int[] targets = new int[7];
        remote.window(number, tokens, targets, 0);
        int[] sameTokens = new int[7];
        int[] sameTargets = new int[7];
        onDisk.window(number, sameTokens, sameTargets, 0);
        assertThat(tokens).isEqualTo(sameTokens);
        assertThat(targets).isEqualTo(sameTargets);
      }
    }
  }

  @Test
  void aFileThatIsCutShortWhileItIsOpenIsNamed() throws IOException {
    write(257, range(0, 10));
    java.nio.file.Path file = directory.resolve("train/00000.npy");
    try (TokenShards shards = TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT)) {
      window(shards, 1);
      Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 140));
      assertThat(window(shards, 0)).startsWith(0, 1, 2, 3);
      assertThatThrownBy(() -> window(shards, 1))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("train/00000.npy has become shorter than the manifest makes it");
    }
  }

  /** Kernels take an id for a place in memory. */
  @Test
  void anIdThatTheVocabularyHasNotIsNamed() throws IOException {
    write(257, new int[] {1, 2, 257, 3, 4});
    try (TokenShards shards = TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT)) {
      assertThatThrownBy(() -> window(shards, 0))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("00000.npy holds the id 257 where the vocabulary has 257");
    }
    write(70_000, new int[] {1, 2, -1, 3, 4});
    try (TokenShards shards = TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT)) {
      assertThatThrownBy(() -> window(shards, 0)).hasMessageContaining("holds the id 4294967295");
    }
  }

  @Test
  void aManifestNamesNoFileOutsideItsDirectory() throws IOException {
    write(257, range(0, 10));
    java.nio.file.Path manifest = directory.resolve(Manifest.FILE);
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("train/00000.npy", "../secret.npy"));
    assertDamaged("'../secret.npy' is no plain name of a file below it");
  }

  @Test
  void headersAreNumPysOwn() {
    // As numpy.lib.format of NumPy 1.26 writes them.
    byte[] header = new NpyHeader("<u2", 1_003_854).toBytes();
    assertThat(header).hasSize(128).startsWith(0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0);
    assertThat(new String(header, 10, 118, StandardCharsets.US_ASCII))
        .startsWith("{'descr': '<u2', 'fortran_order': False, 'shape': (1003854,), } ")
        .endsWith(" \n");
  }

  @Test
  void damageIsNamed() throws IOException {
    write(257, range(0, 10), range(20, 30));
    java.nio.file.Path second = directory.resolve("train/00001.npy");
    byte[] whole = Files.readAllBytes(second);

    byte[] flipped = whole.clone();
    flipped[flipped.length - 1] ^= 1;
    Files.write(second, flipped);
    Manifest.File file = Manifest.read(local, data).splits().get(TokenShards.TRAIN).files().get(1);
    assertThatThrownBy(() -> TokenShards.verify(local, data, file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("train/00001.npy has SHA-256 ")
        .hasMessageContaining("manifest.json");

    Files.write(second, Arrays.copyOf(whole, whole.length - 2));
    assertDamaged("train/00001.npy has 146 bytes where the manifest makes it 148 bytes");
    flipped = whole.clone();
    flipped[20] ^= 1;
    Files.write(second, flipped);
    assertDamaged("train/00001.npy has another header than the manifest makes it");
    Files.delete(second);
    assertDamaged("train/00001.npy is missing");
  }

  @Test
  void whatIsMissingIsSaid() throws IOException {
    assertThatThrownBy(() -> TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is no prepared corpus: it has no manifest.json");
    write(257, range(0, 4));
    assertThatThrownBy(() -> TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has 4 tokens, too few for one window of 5");
    assertThatThrownBy(() -> TokenShards.open(local, data, TokenShards.VALIDATION, CONTEXT))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no split validation, only train");
    Files.writeString(directory.resolve(Manifest.FILE), "{");
    assertThatThrownBy(() -> Manifest.read(local, data))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("manifest.json is damaged");
  }

  @Test
  void aManifestComesBackAsItWas() throws IOException {
    Manifest written = write(257, range(0, 10));
    Manifest read = Manifest.read(local, data);
    assertThat(read).isEqualTo(written);
    assertThat(read.sha256()).isEqualTo(written.sha256());
  }

  private void assertDamaged(String message) {
    assertThatThrownBy(() -> TokenShards.open(local, data, TokenShards.TRAIN, CONTEXT))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message);
  }

  private Manifest write(int vocabSize, int[]... shards) throws IOException {
    TokenType type = TokenType.forVocabulary(vocabSize);
    Files.createDirectories(directory.resolve("train"));
    List<Manifest.File> files = new ArrayList<>();
    long tokens = 0;
    for (int[] ids : shards) {
      String name = String.format("train/%05d.npy", files.size());
      byte[] encoded = type.encode(ids);
      try (ShardWriter writer =
          new ShardWriter(Files.newOutputStream(directory.resolve(name)), name, type, ids.length)) {
        writer.write(encoded, 0, encoded.length);
        files.add(writer.finish());
      }
      tokens += ids.length;
    }
    Manifest manifest =
        new Manifest(
            Manifest.FORMAT_VERSION,
            new Manifest.TokenizerIdentity("0".repeat(64), vocabSize, vocabSize - 1),
            type.dtype(),
            Map.of(TokenShards.TRAIN, new Manifest.Split(1, tokens, tokens, 1.25, files)),
            new Manifest.Documents(2, 1, Map.of("empty", 1L)),
            new TreeMap<>(Map.of("split", "hash")));
    Files.deleteIfExists(directory.resolve(Manifest.FILE));
    manifest.write(local, data);
    return manifest;
  }

  private static int[] window(TokenShards shards, long number) {
    int[] both = new int[2 * CONTEXT];
    int[] targets = new int[CONTEXT];
    shards.window(number, both, targets, 0);
    System.arraycopy(targets, 0, both, CONTEXT, CONTEXT);
    return both;
  }

  private static int[] range(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  /** The local disk under another scheme. */
  private static final class OtherFileSystem extends RawLocalFileSystem {
    OtherFileSystem() throws IOException {
      initialize(URI.create("other://host/"), new Configuration());
    }

    @Override
    public URI getUri() {
      return URI.create("other://host/");
    }
  }
}
