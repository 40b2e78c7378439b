package io.polyspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints on the local file system. */
class CheckpointTest {
  @TempDir java.nio.file.Path local;
  private FileSystem fs;
  private Path run;

  @BeforeEach
  void openFileSystem() throws IOException {
    fs = FileSystem.getLocal(new Configuration());
    run = new Path(local.toUri());
  }

  @Test
  void readsWhatWasWritten() throws IOException {
    Path extra = new Path(run, "replica-state");
    Files.writeString(local.resolve("replica-state"), "moments of one replica");
    Checkpoint.Contents contents = TestCheckpoints.contents(10, Map.of("extra", extra));
    Checkpoint.write(fs, round(10), contents);

    Checkpoint read = Checkpoint.open(fs, round(10));
    HeapVector parameters = TestCheckpoints.zeros();
    HeapVector first = TestCheckpoints.zeros();
    HeapVector second = TestCheckpoints.zeros();
    HeapVector momentum = TestCheckpoints.zeros();
    read.readParameters(parameters);
    read.readMoments(first, second);
    read.readOuter("momentum", momentum);

    assertThat(read.model()).isEqualTo(contents.model());
    assertThat(read.trainer()).isEqualTo(contents.trainer());
    assertThat(read.tokenizerJson()).isEqualTo(contents.tokenizerJson());
    assertThat(parameters.values()).isEqualTo(TestCheckpoints.values(contents.parameters()));
    Checkpoint.Moments moments = contents.averaged().orElseThrow();
    assertThat(first.values()).isEqualTo(TestCheckpoints.values(moments.first()));
    assertThat(second.values()).isEqualTo(TestCheckpoints.values(moments.second()));
    assertThat(momentum.values())
        .isEqualTo(TestCheckpoints.values(contents.outer().get("momentum")));
    assertThat(Files.readString(java.nio.file.Path.of(read.extraFile("extra").get().toUri())))
        .isEqualTo("moments of one replica");
    assertThat(read.extraFile("other")).isEmpty();
  }

  @Test
  void directoryHoldsItsFilesAndNothingElse() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    assertThat(names(local.resolve("checkpoints"))).containsExactly("round-0000001");
    assertThat(names(localRound(1)))
        .containsExactlyInAnyOrder(
            "model.safetensors",
            "config.json",
            "tokenizer.json",
            "optimizer.safetensors",
            "trainer.json",
            "SHA256SUMS");
    assertThat(Files.readString(localRound(1).resolve("config.json")))
        .contains("\"model_type\" : \"polyspark\"", "\"torch_dtype\" : \"float32\"");
  }

  @Test
  void sumsAreThoseOfSha256sum() throws Exception {
    assumeThat(java.nio.file.Path.of("/usr/bin/sha256sum")).exists();
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Process check =
        new ProcessBuilder("/usr/bin/sha256sum", "--check", "--strict", "SHA256SUMS")
            .directory(localRound(1).toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(check.waitFor()).as(output).isZero();
    assertThat(output.lines()).hasSize(5);
  }

  @Test
  void aFlippedBitIsFound() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    java.nio.file.Path file = localRound(1).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    assertNotWhole(round(1), "model.safetensors does not match its sum");
  }

  @Test
  void aTruncatedFileIsFound() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Files.write(
        localRound(1).resolve("optimizer.safetensors"),
        new byte[0],
        StandardOpenOption.TRUNCATE_EXISTING);
    assertNotWhole(round(1), "optimizer.safetensors does not match its sum");
  }

  @Test
  void aMissingFileIsFound() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Files.delete(localRound(1).resolve("trainer.json"));
    assertNotWhole(round(1), "trainer.json is missing");
  }

  @Test
  void missingSumsAreFound() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Files.delete(localRound(1).resolve("SHA256SUMS"));
    assertNotWhole(round(1), "SHA256SUMS, which is written last, is missing");
  }

  @Test
  void sumsThatNameTooLittleAreFound() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Files.writeString(localRound(1).resolve("SHA256SUMS"), "");
    assertNotWhole(round(1), "SHA256SUMS does not name model.safetensors");
    Files.writeString(localRound(1).resolve("SHA256SUMS"), "0123  ../../etc/passwd\n");
    assertNotWhole(round(1), "SHA256SUMS has a line that is no sum");
  }

  @Test
  void aFailureInTheMiddleLeavesNothing() throws IOException {
    Checkpoint.Contents good = TestCheckpoints.contents(1);
    Checkpoint.Contents failing =
        new Checkpoint.Contents(
            good.model(),
            good.parameters(),
            good.tokenizerJson(),
            good.trainer(),
            Optional.of(new Checkpoint.Moments(good.parameters(), new FailingVector())),
            Map.of(),
            Map.of());
    assertThatThrownBy(() -> Checkpoint.write(fs, round(1), failing))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(names(local.resolve("checkpoints"))).isEmpty();
  }

  @Test
  void oneOfTheSameNameIsReplaced() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Files.delete(localRound(1).resolve("SHA256SUMS"));
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    assertThat(Checkpoint.open(fs, round(1)).trainer().round()).isEqualTo(1);
    assertThat(names(local.resolve("checkpoints"))).containsExactly("round-0000001");
  }

  @Test
  void tensorsOfAnotherShapeThanTheConfigurationAreFound() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Map<String, Object> other = new LinkedHashMap<>(TestCheckpoints.model().toMap());
    other.put("vocab_size", 12);
    Path copy = new Path(run, "copy");
    CheckpointWriter writer = new CheckpointWriter(Checkpoint.plain(fs), copy);
    for (String name : List.of("model.safetensors", "tokenizer.json", "trainer.json")) {
      writer.copy(name, new Path(round(1), name));
    }
    writer.file("config.json", out -> out.write(ConfigJson.write(model(other))));
    writer.commit();
    assertThatThrownBy(() -> Checkpoint.open(fs, copy))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("copy/model.safetensors is a checkpoint of another shape")
        .hasMessageContaining("tensor model.embed_tokens.weight is [11, 8] there, and [12, 8] by")
        .hasMessageContaining("copy/config.json");
  }

  @Test
  void aConfigurationOfMoreBlocksThanThereAreTensorsIsRefusedAtOnce() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Map<String, Object> deep = new LinkedHashMap<>(TestCheckpoints.model().toMap());
    deep.put("num_hidden_layers", 10_000);
    Files.write(localRound(1).resolve("config.json"), ConfigJson.write(model(deep)));
    assertThatThrownBy(() -> Checkpoint.openVerified(fs, round(1)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("it has 23 tensors, too few for the 10000 MLPs of");
  }

  @Test
  void anotherModelThanTheOneAskedForIsRefused() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Checkpoint checkpoint = Checkpoint.open(fs, round(1));
    checkpoint.requireModel(TestCheckpoints.model(), "train.yaml");

    Map<String, Object> wider = new LinkedHashMap<>(TestCheckpoints.model().toMap());
    wider.put("hidden_size", 16);
    assertThatThrownBy(() -> checkpoint.requireModel(model(wider), "train.yaml"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("round-0000001 is a checkpoint of another shape")
        .hasMessageContaining("is [11, 8] there, and [11, 16] by train.yaml");

    Map<String, Object> turned = new LinkedHashMap<>(TestCheckpoints.model().toMap());
    turned.put("rope_theta", 500.0);
    assertThatThrownBy(() -> checkpoint.requireModel(model(turned), "train.yaml"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has rope_theta: 10000.0 where train.yaml asks for 500.0");
  }

  @Test
  void aCheckpointWithoutMomentsSaysSo() throws IOException {
    Checkpoint.Contents all = TestCheckpoints.contents(1);
    Checkpoint.write(
        fs,
        round(1),
        new Checkpoint.Contents(
            all.model(),
            all.parameters(),
            all.tokenizerJson(),
            all.trainer(),
            Optional.empty(),
            Map.of(),
            Map.of()));
    Checkpoint read = Checkpoint.open(fs, round(1));
    assertThat(read.hasMoments()).isFalse();
    assertThatThrownBy(() -> read.readMoments(TestCheckpoints.zeros(), TestCheckpoints.zeros()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("holds no averaged optimizer state");
  }

  /** As under kept and reset optimizer state. */
  @Test
  void anOuterOptimizersStateMayBeAllThereIs() throws IOException {
    Checkpoint.Contents all = TestCheckpoints.contents(1);
    Checkpoint.write(
        fs,
        round(1),
        new Checkpoint.Contents(
            all.model(),
            all.parameters(),
            all.tokenizerJson(),
            all.trainer(),
            Optional.empty(),
            all.outer(),
            Map.of()));
    Checkpoint read = Checkpoint.open(fs, round(1));
    assertThat(read.hasMoments()).isFalse();
    assertThat(read.hasOuter("momentum")).isTrue();
    assertThat(read.hasOuter("exp_avg")).isFalse();
    HeapVector momentum = TestCheckpoints.zeros();
    read.readOuter("momentum", momentum);
    assertThat(momentum.values()).isEqualTo(TestCheckpoints.values(all.outer().get("momentum")));
    assertThatThrownBy(() -> read.readOuter("exp_avg", momentum))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("round-0000001 holds no exp_avg of an outer optimizer");
  }

  @Test
  void resolvesARunAndACheckpoint() throws IOException {
    Checkpoint.write(fs, round(1), TestCheckpoints.contents(1));
    Checkpoint.write(fs, round(2), TestCheckpoints.contents(2));
    assertThat(Checkpoint.resolve(fs, run).trainer().round()).isEqualTo(2);
    assertThat(Checkpoint.resolve(fs, round(1)).trainer().round()).isEqualTo(1);
  }

  @Test
  void whatIsNeitherRunNorCheckpointIsRefused() throws IOException {
    assertThatThrownBy(() -> Checkpoint.resolve(fs, new Path(run, "nothing")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is no checkpoint")
        .hasMessageContaining("nothing");
    assertThatThrownBy(() -> Checkpoint.resolve(fs, run))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is neither a checkpoint");
    Files.createDirectory(local.resolve("checkpoints"));
    assertThatThrownBy(() -> Checkpoint.resolve(fs, run))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no whole checkpoint yet");
  }

  private void assertNotWhole(Path checkpoint, String what) {
    assertThatThrownBy(() -> Checkpoint.open(fs, checkpoint))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("The checkpoint " + checkpoint + " is not whole: " + what);
  }

  private Path round(int round) {
    return new RunDirectory(fs, run).checkpoint(round);
  }

  private java.nio.file.Path localRound(int round) {
    return java.nio.file.Path.of(round(round).toUri());
  }

  private static ModelConfig model(Map<String, Object> keys) {
    return ModelConfig.fromMap(keys, "test");
  }

  private static List<String> names(java.nio.file.Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<java.nio.file.Path> files = Files.list(directory)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  /** A vector whose memory goes away after the first half. */
  private static final class FailingVector implements FlatVector {
    @Override
    public long length() {
      return TestCheckpoints.zeros().length();
    }

    @Override
    public void read(long offset, float[] into, int at, int count) {
      if (offset + count > length() / 2) {
        throw new UncheckedIOException(new IOException("The device is gone"));
      }
    }

    @Override
    public void write(long offset, float[] from, int at, int count) {
      throw new UnsupportedOperationException();
    }
  }
}
