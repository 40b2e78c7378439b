package io.polyspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HexFormat;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir java.nio.file.Path directory;
  private FileSystem fs;

  @BeforeEach
  void openFileSystem() throws IOException {
    fs = FileSystem.getLocal(new Configuration()).getRawFileSystem();
  }

  @Test
  void bytesAreThoseOfThePublishedFormat() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(
        List.of(new TensorEntry("w", List.of(1L, 2L), new HeapVector(9f, 1f, -2.5f), 1)), out);

    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}";
    int padding = (8 - header.length() % 8) % 8;
    byte[] expected =
        concatenate(
            new byte[] {(byte) (header.length() + padding), 0, 0, 0, 0, 0, 0, 0},
            (header + " ".repeat(padding)).getBytes(StandardCharsets.UTF_8),
            HexFormat.of().parseHex("0000803f" + "000020c0"));
    assertThat(padding).isPositive();
    assertThat(out.toByteArray()).isEqualTo(expected);
  }

  @Test
  void readsWhatWasWritten() throws IOException {
    HeapVector values = HeapVector.counting(11, 0.5f);
    Path file = file("model.safetensors");
    try (OutputStream out = fs.create(file)) {
      Safetensors.write(
          List.of(
              new TensorEntry("second", List.of(2L, 3L), values, 5),
              new TensorEntry("first", List.of(4L), values, 1),
              new TensorEntry("scalar", List.of(), values, 0),
              new TensorEntry("empty", List.of(0L, 7L), values, 11)),
          out);
    }
    HeapVector read = new HeapVector(new float[11]);
    try (SafetensorsFile tensors = SafetensorsFile.open(fs, file)) {
      assertThat(tensors.shapes())
          .containsOnlyKeys("second", "first", "scalar", "empty")
          .containsEntry("second", List.of(2L, 3L))
          .containsEntry("scalar", List.of());
      assertThat(tensors.dtype("first")).isEqualTo("F32");
      float[] part = new float[4];
      tensors.read("second", 2, part, 3);
      assertThat(part).containsExactly(7.5f, 8.5f, 9.5f, 0);
      assertThatThrownBy(() -> tensors.read("second", 4, part, 3))
          .isInstanceOf(IndexOutOfBoundsException.class);
      tensors.read("first", read, 1);
      tensors.read("second", read, 5);
      tensors.read("scalar", read, 0);
      tensors.read("empty", read, 11);
      assertThatThrownBy(() -> tensors.read("third", read, 0))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("has no tensor third");
    }
    assertThat(read.values()).isEqualTo(values.values());
  }

  @ParameterizedTest
  @CsvSource({
    "F64, 000000000000f03f 000000000000e0bf, 1.0, -0.5",
    "F16, 003c 00b8, 1.0, -0.5",
    "F16, 0100 ff7b, 5.9604645e-8, 65504",
    "F16, 0080 007c, -0.0, Infinity",
    "BF16, 803f 00bf, 1.0, -0.5"
  })
  void convertsOtherFloatingPointTypes(String dtype, String hex, float first, float second)
      throws IOException {
    byte[] data = HexFormat.of().parseHex(hex.replace(" ", ""));
    Path file =
        write(
            "{\"x\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%d]}}"
                .formatted(dtype, data.length),
            data);
    HeapVector read = new HeapVector(new float[2]);
    try (SafetensorsFile tensors = SafetensorsFile.open(fs, file)) {
      tensors.read("x", read, 0);
    }
    assertThat(read.values()).containsExactly(first, second);
  }

  @Test
  void streamsMoreThanTwoGigabytes() throws IOException {
    long length = (1L << 29) + 12_345;
    FlatVector values = new GeneratedVector(2 * length);
    CountingStream out = new CountingStream();
    Safetensors.write(
        List.of(
            new TensorEntry("a", List.of(length), values, 0),
            new TensorEntry("b", List.of(length), values, length)),
        out);

    assertThat(out.header())
        .contains("\"data_offsets\":[0,%d]".formatted(4 * length))
        .contains("\"data_offsets\":[%d,%d]".formatted(4 * length, 8 * length));
    assertThat(out.count).isEqualTo(8 + out.header().length() + 8 * length);
    assertThat(out.lastValue()).isEqualTo(GeneratedVector.at(2 * length - 1));
  }

  @Test
  void readsBeyondTwoGigabytes() throws IOException {
    long filler = 3L << 30;
    String header =
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%d,%d]},"
                .formatted(filler, filler + 8)
            + "\"filler\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
                .formatted(filler / 4, filler);
    Path file = write(header, new byte[0]);
    // A sparse file: the filler takes no room on disk.
    try (RandomAccessFile sparse = new RandomAccessFile(file.toUri().getPath(), "rw")) {
      sparse.seek(8 + header.length() + filler);
      sparse.write(HexFormat.of().parseHex("0000803f" + "000020c0"));
    }
    HeapVector read = new HeapVector(new float[2]);
    try (SafetensorsFile tensors = SafetensorsFile.open(fs, file)) {
      tensors.read("x", read, 0);
    }
    assertThat(read.values()).containsExactly(1f, -2.5f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 7 | the file ends at",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 9 | 1 bytes follow its last tensor",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | 4 | which do not agree",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}} | 12 | after the end",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0]}} | 8 | tensor x has data_offsets [0]",
        "{'x':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | 8 | tensor x has shape [-2]",
        "{'x':{'dtype':'F32','data_offsets':[0,8]}} | 8 | tensor x has no list shape",
        "{'x':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,8]}} | 8 | too large",
        "{'x':{'dtype':'I64','shape':[1],'data_offsets':[0,8]}} | 8 | dtype 'I64'",
        "{'x':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'y':{'dtype':'F32','shape':[1],'data_offsets':[2,6]}} | 8 | before the end",
        "{'x':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'x':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | Duplicate field 'x'",
        "[1] | 0 | not a JSON object",
        "{'x':  | 0 | not JSON"
      })
  void refusesAHeaderThatDoesNotFit(String header, int bytes, String message) throws IOException {
    Path file = write(header.replace('\'', '"'), new byte[bytes]);
    assertThatThrownBy(() -> SafetensorsFile.open(fs, file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "00, only 1 bytes long",
    "ffffffffffffffff, its header would be 18446744073709551615 bytes long",
    "1000000000000000, its header should end at byte 24",
    "0000000000000000, its header would be 0 bytes long"
  })
  void refusesAPrefixThatDoesNotFit(String hex, String message) throws IOException {
    Path file = file("damaged.safetensors");
    Files.write(java.nio.file.Path.of(file.toUri()), HexFormat.of().parseHex(hex));
    assertThatThrownBy(() -> SafetensorsFile.open(fs, file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesTwoTensorsOfOneName() {
    TensorEntry entry = new TensorEntry("w", List.of(1L), new HeapVector(1f), 0);
    assertThatThrownBy(
            () -> Safetensors.write(List.of(entry, entry), OutputStream.nullOutputStream()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("named w");
  }

  private Path file(String name) {
    return new Path(directory.resolve(name).toUri());
  }

  private Path write(String header, byte[] data) throws IOException {
    Path file = file("written.safetensors");
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    byte[] prefix =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array();
    Files.write(java.nio.file.Path.of(file.toUri()), concatenate(prefix, json, data));
    return file;
  }

  private static byte[] concatenate(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /** A long vector that takes no memory. */
  private record GeneratedVector(long length) implements FlatVector {
    static float at(long index) {
      return index & 0xffffff;
    }

    @Override
    public void read(long offset, float[] into, int at, int count) {
      for (int i = 0; i < count; i++) {
        into[at + i] = at(offset + i);
      }
    }

    @Override
    public void write(long offset, float[] from, int at, int count) {
      throw new UnsupportedOperationException();
    }
  }

  /** Keeps the header, the last four bytes and the count. */
  private static final class CountingStream extends OutputStream {
    private byte[] header;
    private final byte[] last = new byte[4];
    private long count;

    @Override
    public void write(int single) {
      throw new UnsupportedOperationException("Bytes are to be written in pieces");
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      if (header == null) {
        header = java.util.Arrays.copyOfRange(bytes, offset, offset + length);
      }
      System.arraycopy(bytes, offset + length - last.length, last, 0, last.length);
      count += length;
    }

    String header() {
      return new String(header, 8, header.length - 8, StandardCharsets.UTF_8);
    }

    float lastValue() {
      return ByteBuffer.wrap(last).order(ByteOrder.LITTLE_ENDIAN).getFloat();
    }
  }
}
