package io.polyspark.prep.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TaskMemoryTest {
  @Test
  void aHeapThatTheJvmKeepsALittleOfCountsAsAWholeOne() {
    assertThat(TaskMemory.rounded(1 << 30)).isEqualTo(1 << 30);
    assertThat(TaskMemory.rounded((1 << 30) / 16 * 15 + 1)).isEqualTo(1 << 30);
    assertThat(TaskMemory.rounded((1 << 30) / 10 * 9)).isEqualTo(1 << 29);
    assertThat(TaskMemory.rounded((1L << 31) - 1)).isEqualTo(1L << 31);
  }

  @Test
  void tasksWithLessMemoryKeepSmallerDocuments() throws IOException {
    byte[] text = ("x".repeat(200_000) + "\nlast\n").getBytes(StandardCharsets.UTF_8);
    assertThat(first(text, 4 << 20)).hasSize(200_001);
    assertThat(first(text, 1 << 20)).isEmpty();
  }

  private static byte[] first(byte[] text, long taskBytes) throws IOException {
    DocumentLimit limit = DocumentLimit.ofText(ReadOptions.defaults().withTaskBytes(taskBytes));
    InputRange range = InputRange.whole(new InputFile("file:/made.txt", text.length));
    try (LineReader lines = new LineReader(new ByteArrayInputStream(text), range, limit)) {
      return lines.read();
    }
  }
}
