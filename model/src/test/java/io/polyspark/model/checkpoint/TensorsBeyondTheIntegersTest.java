package io.polyspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file with a tensor of more than 2^31 elements, almost all of them zeros that the file system
 * does not store: 8.6 GB pass through the writer, a few KB lie on the disk.
 */
class TensorsBeyondTheIntegersTest {
  private static final long LENGTH = (1L << 31) + 12_345;
  private static final long[] MARKED = {0, (1L << 29) + 1, (1L << 31) - 1, 1L << 31, LENGTH - 1};

  @TempDir java.nio.file.Path directory;

  @Test
  void areWrittenAndReadByPiece() throws IOException {
    java.nio.file.Path file = directory.resolve("model.safetensors");
    try (OutputStream out = new SparseFile(file)) {
      Safetensors.write(
          List.of(
              new TensorEntry("large", List.of(LENGTH), new Marked(), 0),
              new TensorEntry("after", List.of(2L), new HeapVector(3, 4), 0)),
          out);
    }

    FileSystem fs = FileSystem.getLocal(new Configuration()).getRawFileSystem();
    try (SafetensorsFile tensors = SafetensorsFile.open(fs, new Path(file.toUri()))) {
      assertThat(tensors.shapes()).containsEntry("large", List.of(LENGTH));
      for (int mark = 0; mark < MARKED.length; mark++) {
        float[] around = new float[3];
        long first = Math.max(0, Math.min(MARKED[mark] - 1, LENGTH - 3));
        tensors.read("large", first, around, 3);
        assertThat(around[(int) (MARKED[mark] - first)]).isEqualTo(mark + 1);
      }
      float[] after = new float[2];
      tensors.read("after", 0, after, 2);
      assertThat(after).containsExactly(3, 4);
    }
  }

  /** Zeros, but for element MARKED[i], which is i + 1. */
  private static final class Marked implements FlatVector {
    @Override
    public long length() {
      return LENGTH;
    }

    @Override
    public void read(long offset, float[] into, int at, int count) {
      Arrays.fill(into, at, at + count, 0);
      for (int mark = 0; mark < MARKED.length; mark++) {
        if (MARKED[mark] >= offset && MARKED[mark] < offset + count) {
          into[at + (int) (MARKED[mark] - offset)] = mark + 1;
        }
      }
    }

    @Override
    public void write(long offset, float[] from, int at, int count) {
      throw new UnsupportedOperationException("Nothing is kept");
    }
  }

  /** Leaves a hole in place of zeros. */
  private static final class SparseFile extends OutputStream {
    private static final byte[] ZEROS = new byte[1 << 22];

    private final FileChannel file;

    SparseFile(java.nio.file.Path path) throws IOException {
      file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    @Override
    public void write(int single) throws IOException {
      write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      if (count <= ZEROS.length && Arrays.equals(bytes, offset, offset + count, ZEROS, 0, count)) {
        file.position(file.position() + count);
        return;
      }
      ByteBuffer rest = ByteBuffer.wrap(bytes, offset, count);
      while (rest.hasRemaining()) {
        file.write(rest);
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
