package io.polyspark.model.checkpoint;

import io.polyspark.model.read.DamagedFile;
import io.polyspark.model.read.Mutations;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every file of a checkpoint, damaged in thousands of ways and read past its sums. */
class DamagedCheckpointsAreRefusedTest {
  @TempDir Path local;
  private FileSystem fs;
  private org.apache.hadoop.fs.Path checkpoint;

  @BeforeEach
  void writeCheckpoint() throws IOException {
    fs = FileSystem.getLocal(new Configuration());
    checkpoint = new org.apache.hadoop.fs.Path(local.resolve("round").toUri());
    Checkpoint.write(fs, checkpoint, TestCheckpoints.contents(1, Map.of()));
  }

  @Test
  void safetensors() throws IOException {
    Mutations mutations = new Mutations(1);
    HeapVector parameters = TestCheckpoints.zeros();
    damaged("model.safetensors", () -> readTensors(parameters))
        .read(1500, whole -> mutations.coin() ? mutations.of(whole) : withHeader(whole, mutations));
  }

  @Test
  void optimizerState() throws IOException {
    Mutations mutations = new Mutations(2);
    HeapVector first = TestCheckpoints.zeros();
    HeapVector second = TestCheckpoints.zeros();
    damaged(
            "optimizer.safetensors",
            () -> {
              Checkpoint read = Checkpoint.openVerified(fs, checkpoint);
              if (read.hasMoments()) {
                read.readMoments(first, second);
              }
            })
        .read(500, whole -> withHeader(whole, mutations));
  }

  @Test
  void configuration() throws IOException {
    Mutations mutations = new Mutations(3);
    damaged("config.json", () -> Checkpoint.openVerified(fs, checkpoint)).read(1500, mutations::of);
  }

  @Test
  void trainerState() throws IOException {
    Mutations mutations = new Mutations(4);
    damaged("trainer.json", () -> Checkpoint.openVerified(fs, checkpoint).trainer().position())
        .read(1000, mutations::ofJson);
  }

  @Test
  void sums() throws IOException {
    Mutations mutations = new Mutations(5);
    damaged("SHA256SUMS", () -> Checkpoint.open(fs, checkpoint)).read(500, mutations::of);
  }

  private DamagedFile damaged(String name, DamagedFile.Reader reader) throws IOException {
    return new DamagedFile(local.resolve("round").resolve(name), checkpoint.toString(), reader);
  }

  private void readTensors(HeapVector into) throws IOException {
    org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path(checkpoint, "model.safetensors");
    try (SafetensorsFile tensors = SafetensorsFile.open(fs, file)) {
      for (String name : tensors.shapes().keySet()) {
        long length = TensorEntry.elements(tensors.shapes().get(name));
        if (length <= into.length()) {
          tensors.read(name, into, 0);
        }
      }
    }
    Checkpoint.openVerified(fs, checkpoint).readParameters(into);
  }

  /** A header that is damaged, but as long as the file says. */
  private static byte[] withHeader(byte[] whole, Mutations mutations) {
    ByteBuffer bytes = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    int end = Long.BYTES + (int) bytes.getLong(0);
    byte[] header = mutations.ofJson(Arrays.copyOfRange(whole, Long.BYTES, end));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array());
    out.writeBytes(header);
    out.write(whole, end, whole.length - end);
    return out.toByteArray();
  }
}
