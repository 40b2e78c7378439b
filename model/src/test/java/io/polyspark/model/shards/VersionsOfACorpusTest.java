package io.polyspark.model.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tokenize.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A corpus of two versions, the second of them current. */
class VersionsOfACorpusTest {
  private static final int CONTEXT = 4;

  @TempDir java.nio.file.Path directory;
  private FileSystem local;
  private Path data;
  private byte[] tokenizer;

  @BeforeEach
  void writeTwoVersions() throws IOException {
    local = FileSystem.getLocal(new Configuration()).getRaw();
    data = new Path(directory.toUri());
    tokenizer = new byte[] {'{', '}'};
    Files.createDirectories(directory.resolve("train"));
    Files.write(directory.resolve(Manifest.TOKENIZER_FILE), tokenizer);
    Manifest.File first = shard("train/000001-00000.npy", 9);
    Manifest.File second = shard("train/000002-00000.npy", 13);
    write(1, manifest(first));
    write(2, manifest(first, second));
    Files.copy(file(2), directory.resolve(Manifest.FILE));
  }

  @Test
  void aVersionIsReadByTheNameOfItsManifest() throws IOException {
    assertThat(windows(data)).isEqualTo(5);
    assertThat(windows(new Path(data, Manifest.FILE))).isEqualTo(5);
    assertThat(windows(ManifestFiles.ofVersion(data, 1))).isEqualTo(2);
    assertThat(windows(ManifestFiles.ofVersion(data, 2))).isEqualTo(5);
    Path first = ManifestFiles.ofVersion(data, 1);
    assertThat(first.getName()).isEqualTo("manifest-000001.json");
    Manifest manifest = Manifest.read(local, first);
    assertThat(manifest.version()).isEqualTo(1);
    assertThat(manifest.requireTokenizer(local, first)).isEqualTo(tokenizer);
    TokenShards.verify(local, first, manifest.splits().get(TokenShards.TRAIN).files().get(0));
    assertThat(ManifestFiles.directory(new Path("manifest-000001.json"))).isEqualTo(new Path("."));
    assertThatThrownBy(() -> windows(ManifestFiles.ofVersion(data, 3)))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith(
            " is no prepared corpus: it has no manifest-000003.json; make one with the verb prep.");
  }

  @Test
  void whoSettledOnAVersionDoesNotSeeTheNext() throws IOException {
    Files.copy(file(1), directory.resolve(Manifest.FILE), StandardCopyOption.REPLACE_EXISTING);
    Path settled = ManifestFiles.settle(local, data);
    Files.copy(file(2), directory.resolve(Manifest.FILE), StandardCopyOption.REPLACE_EXISTING);
    assertThat(settled).isEqualTo(ManifestFiles.ofVersion(data, 1));
    assertThat(windows(settled)).isEqualTo(2);
    assertThat(ManifestFiles.settle(local, settled)).isEqualTo(settled);
    assertThat(ManifestFiles.settle(local, data)).isEqualTo(ManifestFiles.ofVersion(data, 2));
    Files.delete(file(2));
    assertThat(ManifestFiles.settle(local, data)).isEqualTo(data);
  }

  @Test
  void aVersionIsFoundByItsSum() throws IOException {
    for (long version = 1; version <= 2; version++) {
      Path file = ManifestFiles.ofVersion(data, version);
      assertThat(ManifestFiles.withSum(local, data, Manifest.read(local, file).sha256()))
          .map(Path::getName)
          .contains(file.getName());
    }
    assertThat(ManifestFiles.withSum(local, data, "0".repeat(64))).isEmpty();
    assertThat(ManifestFiles.withSum(local, new Path(data, "nowhere"), "0".repeat(64))).isEmpty();
    assertThat(ManifestFiles.versions(local, data).keySet()).containsExactly(1L, 2L);
  }

  @Test
  void aCorpusWithoutVersionsIsWhatItWas() throws IOException {
    Manifest plain = Manifest.read(local, data);
    plain =
        new Manifest(
            plain.formatVersion(),
            plain.tokenizer(),
            plain.dtype(),
            plain.splits(),
            plain.documents(),
            plain.configuration());
    assertThat(new String(plain.bytes(), StandardCharsets.UTF_8))
        .startsWith("{\n  \"format_version\" : 1,\n  \"tokenizer\" : {")
        .doesNotContain("\"version\"");
    Files.write(directory.resolve(Manifest.FILE), plain.bytes());
    assertThat(Manifest.read(local, data)).isEqualTo(plain);
    assertThat(ManifestFiles.settle(local, data)).isEqualTo(data);
  }

  @Test
  void aManifestUnderAnotherVersionsNameIsNamed() throws IOException {
    Files.copy(file(2), file(3));
    assertThatThrownBy(() -> windows(ManifestFiles.ofVersion(data, 3)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("manifest-000003.json is damaged")
        .hasMessageContaining("its name says another version than 2");
  }

  private long windows(Path named) {
    try (TokenShards shards = TokenShards.open(local, named, TokenShards.TRAIN, CONTEXT)) {
      return shards.windows();
    }
  }

  private java.nio.file.Path file(long version) {
    return directory.resolve(ManifestFiles.ofVersion(data, version).getName());
  }

  private void write(long version, Manifest manifest) throws IOException {
    Files.write(file(version), manifest.withVersion(version).bytes());
  }

  private Manifest manifest(Manifest.File... files) {
    List<Manifest.File> list = new ArrayList<>(List.of(files));
    long tokens = list.stream().mapToLong(Manifest.File::tokens).sum();
    return new Manifest(
        Manifest.FORMAT_VERSION,
        new Manifest.TokenizerIdentity(Sha256.hex(tokenizer), 257, 256),
        TokenType.UINT16.dtype(),
        Map.of(TokenShards.TRAIN, new Manifest.Split(1, tokens, tokens, null, list)),
        new Manifest.Documents(1, 1, Map.of()),
        Map.of());
  }

  private Manifest.File shard(String name, int tokens) throws IOException {
    byte[] ids = TokenType.UINT16.encode(new int[tokens]);
    try (ShardWriter writer =
        new ShardWriter(
            Files.newOutputStream(directory.resolve(name)), name, TokenType.UINT16, tokens)) {
      writer.write(ids, 0, ids.length);
      return writer.finish();
    }
  }
}
