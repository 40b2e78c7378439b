package io.polyspark.model.shards.megatron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.TokenType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MegatronFilesTest {
  private static final int VOCABULARY = 50_000;

  @TempDir Path directory;
  private FileSystem local;
  private org.apache.hadoop.fs.Path prefix;

  @BeforeEach
  void openFileSystem() throws IOException {
    local = FileSystem.getLocal(new Configuration()).getRaw();
    prefix = new org.apache.hadoop.fs.Path(directory.resolve("x").toUri());
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsReadInAnyRanges(TokenType type) throws IOException {
    List<int[]> documents = documents();
    write(type, documents);
    assertThat(names()).containsExactly("x.bin", "x.idx");
    try (MegatronFile file = MegatronFile.open(local, prefix)) {
      assertThat(file.type()).isEqualTo(type);
      assertThat(file.documents()).isEqualTo(documents.size());
      assertThat(file.ranges(Long.MAX_VALUE))
          .containsExactly(new DocumentRange(0, documents.size()));
      for (long bytes : new long[] {1, 1000, 100_000}) {
        List<int[]> read = new ArrayList<>();
        for (DocumentRange range : file.ranges(bytes)) {
          read.addAll(read(file, range));
        }
        assertThat(read).containsExactlyElementsOf(documents);
      }
      assertThat(read(file, new DocumentRange(7, 9)))
          .containsExactlyElementsOf(documents.subList(7, 9));
    }
  }

  @Test
  void aDocumentIsAllItsSequences() throws IOException {
    Files.write(directory.resolve("x.bin"), TokenType.UINT16.encode(new int[] {1, 2, 3, 4, 5, 6}));
    Files.write(directory.resolve("x.idx"), index(new int[] {1, 2, 0, 3}, 0, 2, 2, 4));
    try (MegatronFile file = MegatronFile.open(local, prefix)) {
      assertThat(file.ranges(1)).containsExactly(new DocumentRange(0, 1), new DocumentRange(1, 3));
      assertThat(read(file, new DocumentRange(0, 3)))
          .containsExactly(new int[] {1, 2, 3}, new int[0], new int[] {4, 5, 6});
    }
  }

  /** Reads as Megatron does, by another program and another library. */
  @Test
  void numpyReadsWhatIsWritten() throws Exception {
    assumeTrue(hasNumpy(), "no python3 with NumPy on this machine");
    List<int[]> documents = documents();
    write(TokenType.UINT16, documents);
    assertThat(python(READ_AS_MEGATRON, directory.resolve("x").toString()).lines())
        .containsExactlyElementsOf(documents.stream().map(Arrays::toString).toList());
    Files.delete(directory.resolve("x.bin"));
    Files.delete(directory.resolve("x.idx"));
    write(TokenType.UINT32, documents);
    assertThat(python(READ_AS_MEGATRON, directory.resolve("x").toString()).lines())
        .containsExactlyElementsOf(documents.stream().map(Arrays::toString).toList());
  }

  @Test
  void nothingIsLeftOfFilesThatWereNotCommitted() throws IOException {
    try (MegatronWriter writer = new MegatronWriter(local, prefix, TokenType.UINT16)) {
      writer.write(new int[] {1, 2}, 0, 2);
    }
    assertThat(names()).isEmpty();
    write(TokenType.UINT16, List.of(new int[] {1}));
    assertThatThrownBy(() -> new MegatronWriter(local, prefix, TokenType.UINT16))
        .isInstanceOf(UserError.class)
        .hasMessage("The output %s.bin exists; remove it or name another with --output.", prefix);
    assertThat(names()).containsExactly("x.bin", "x.idx");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0  | 65       | x.idx does not start as an index of Megatron's does; see whether it is the right file.
          9  | 2        | x.idx has version 2; this program reads version 1.
          17 | 5        | x.idx has ids of type int64; this program reads uint16 and int32.
          17 | 77       | x.idx has ids of type number 77; this program reads uint16 and int32.
          18 | 4        | x.idx is damaged (102 bytes do not hold the 4 sequences and 4 boundaries of documents that it counts); copy it again, or make it again.
          34 | 7        | x.bin is damaged (it has 12 bytes where x.idx makes it 14 or more); copy it again, or make it again.
          34 | 0        | x.idx is damaged (sequence 1 starts at byte 2 where the one before ends at 0); copy it again, or make it again.
          37 | -1       | x.idx is damaged (sequence 0 has -16777215 tokens); copy it again, or make it again.
          42 | 2        | x.bin is damaged (it has 12 bytes where x.idx makes it 10); copy it again, or make it again.
          70 | 1        | x.idx is damaged (its first document does not start with sequence 0); copy it again, or make it again.
          86 | 9        | x.idx is damaged (document 1 ends before sequence 9 of 3); copy it again, or make it again.
          94 | 2        | x.idx is damaged (its documents have 2 sequences of 3); copy it again, or make it again.
          """)
  void damageIsNamed(int at, byte value, String sentence) throws IOException {
    Files.write(directory.resolve("x.bin"), TokenType.UINT16.encode(new int[] {1, 2, 3, 4, 5, 6}));
    byte[] index = index(new int[] {1, 2, 3}, 0, 1, 2, 3);
    index[at] = value;
    Files.write(directory.resolve("x.idx"), index);
    assertThatThrownBy(
            () -> {
              try (MegatronFile file = MegatronFile.open(local, prefix)) {
                file.ranges(1);
              }
            })
        .isInstanceOf(UserError.class)
        .hasMessage(prefix.getParent() + "/" + sentence);
  }

  @Test
  void anotherTokenizersIdsAreNamed() throws IOException {
    write(TokenType.UINT16, List.of(new int[] {1, 2}, new int[] {3, 500}));
    try (MegatronFile file = MegatronFile.open(local, prefix);
        MegatronDocuments documents = file.documents(new DocumentRange(0, 2), 400)) {
      assertThat(documents.next()).containsExactly(1, 2);
      assertThatThrownBy(documents::next)
          .isInstanceOf(UserError.class)
          .hasMessage(
              "%s.bin is damaged (document 1 has the id 500 where the tokenizer has 400; it may be"
                  + " another tokenizer's); copy it again, or make it again.",
              prefix);
    }
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> MegatronFile.open(local, prefix))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "%s is no data set of Megatron's, which is two files, x.bin and x.idx; name what the"
                + " two have in common.",
            prefix);
  }

  private static final String READ_AS_MEGATRON =
      """
      import struct, sys, numpy
      with open(sys.argv[1] + '.idx', 'rb') as file:
          assert file.read(9) == b'MMIDIDX\\x00\\x00'
          version, = struct.unpack('<Q', file.read(8))
          code, = struct.unpack('<B', file.read(1))
          sequences, = struct.unpack('<Q', file.read(8))
          boundaries, = struct.unpack('<Q', file.read(8))
          assert version == 1
          lengths = numpy.fromfile(file, numpy.int32, sequences)
          pointers = numpy.fromfile(file, numpy.int64, sequences)
          documents = numpy.fromfile(file, numpy.int64, boundaries)
          assert file.read() == b''
      assert documents[-1] == sequences
      dtype = {4: numpy.int32, 8: numpy.uint16}[code]
      ids = numpy.fromfile(sys.argv[1] + '.bin', numpy.uint8)
      for start, end in zip(documents, documents[1:]):
          document = [numpy.frombuffer(ids, dtype, lengths[i], pointers[i]) for i in range(start, end)]
          print(numpy.concatenate(document).tolist())
      """;

  private static boolean hasNumpy() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "-c", "import numpy")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static String python(String program, String argument)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("python3", "-c", program, argument).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    return out;
  }

  private static List<int[]> documents() {
    Random random = new Random(3);
    return Stream.generate(() -> random.ints(random.nextInt(1, 400), 0, VOCABULARY).toArray())
        .limit(200)
        .toList();
  }

  /** In parts, as shards give them. */
  private void write(TokenType type, List<int[]> documents) throws IOException {
    try (MegatronWriter writer = new MegatronWriter(local, prefix, type)) {
      for (int[] document : documents) {
        writer.write(document, 0, document.length / 2);
        writer.write(document, document.length / 2, document.length);
        writer.endDocument();
      }
      writer.finish();
      writer.commit();
    }
  }

  private static List<int[]> read(MegatronFile file, DocumentRange range) throws IOException {
    List<int[]> read = new ArrayList<>();
    try (MegatronDocuments documents = file.documents(range, VOCABULARY)) {
      for (int[] ids = documents.next(); ids != null; ids = documents.next()) {
        read.add(ids);
      }
    }
    return read;
  }

  private static byte[] index(int[] lengths, long... boundaries) {
    ByteBuffer bytes =
        ByteBuffer.allocate(34 + 12 * lengths.length + 8 * boundaries.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put("MMIDIDX\0\0".getBytes(StandardCharsets.US_ASCII))
            .putLong(1)
            .put((byte) 8)
            .putLong(lengths.length)
            .putLong(boundaries.length);
    Arrays.stream(lengths).forEach(bytes::putInt);
    long pointer = 0;
    for (int length : lengths) {
      bytes.putLong(pointer);
      pointer += 2L * length;
    }
    Arrays.stream(boundaries).forEach(bytes::putLong);
    return bytes.array();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
