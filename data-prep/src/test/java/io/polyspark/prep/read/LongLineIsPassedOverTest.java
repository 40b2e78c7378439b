package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A line that no array can hold costs no memory, and what follows is found. */
class LongLineIsPassedOverTest {
  private static final long LENGTH = (1L << 31) + 12_345;

  @Test
  void linesBeforeAndAfterAreRead() throws IOException {
    InputStream in =
        new SequenceInputStream(
            Collections.enumeration(
                List.of(bytes("first\n"), new Repeated(LENGTH), bytes("\nlast"))));
    InputRange range = InputRange.whole(new InputFile("file:/made.txt", LENGTH));
    DocumentLimit limit =
        DocumentLimit.ofText(ReadOptions.defaults().withMaxDocumentBytes(1 << 20));
    try (LineReader lines = new LineReader(in, range, limit)) {
      assertThat(lines.read()).asString(StandardCharsets.UTF_8).isEqualTo("first\n");
      assertThat(lines.tooLarge()).isFalse();
      assertThat(lines.read()).isEmpty();
      assertThat(lines.tooLarge()).isTrue();
      assertThat(lines.lineStart()).isEqualTo(6);
      assertThat(lines.read()).asString(StandardCharsets.UTF_8).isEqualTo("last");
      assertThat(lines.tooLarge()).isFalse();
      assertThat(lines.lineStart()).isEqualTo(6 + LENGTH + 1);
      assertThat(lines.read()).isNull();
      assertThat(lines.lines()).isEqualTo(3);
    }
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** One letter, many times. */
  private static final class Repeated extends InputStream {
    private long left;

    Repeated(long count) {
      this.left = count;
    }

    @Override
    public int read() {
      return left-- > 0 ? 'x' : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      if (left <= 0) {
        return -1;
      }
      int count = (int) Math.min(left, length);
      Arrays.fill(bytes, offset, offset + count, (byte) 'x');
      left -= count;
      return count;
    }
  }
}
