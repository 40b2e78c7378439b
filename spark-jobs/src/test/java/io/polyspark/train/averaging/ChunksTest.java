package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polyspark.model.config.UserError;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunksTest {
  @Test
  void aPlanReachesBeyondTheIntegers() {
    ChunkPlan plan = new ChunkPlan(5_000_000_001L, 1 << 20);

    assertThat(plan.chunks()).isEqualTo(4769);
    assertThat(plan.offset(4768)).isEqualTo(4768L << 20);
    assertThat(plan.size(4767)).isEqualTo(1 << 20);
    assertThat(plan.size(4768)).isEqualTo((int) (5_000_000_001L - (4768L << 20)));
  }

  @Test
  void anEmptyVectorHasNoChunks() {
    assertThat(new ChunkPlan(0, 10).chunks()).isZero();
  }

  @Test
  void anImpossiblePlanIsRefused() {
    assertThatThrownBy(() -> new ChunkPlan(-1, 10)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ChunkPlan(10, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ChunkPlan(Long.MAX_VALUE, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readsAndWritesCrossTheCuts() {
    float[] values = new float[23];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    ChunkedVector vector = ChunkedVector.copyOf(new ArrayVector(values), 5);

    float[] middle = new float[14];
    vector.read(3, middle, 1, 12);
    assertThat(middle).containsExactly(0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0);

    vector.write(18, new float[] {9, -18, -19, -20, -21, -22}, 1, 5);
    assertThat(ArrayVector.toArray(vector)).endsWith(17, -18, -19, -20, -21, -22);
    assertThatThrownBy(() -> vector.read(20, middle, 0, 4))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void onDiskChunksAreTheSame(@TempDir Path directory) throws Exception {
    ChunkedVector vector = StateStorage.disk(directory).zeros(new ChunkPlan(23, 5));
    vector.write(3, new float[] {3, 4, 5, 6, 7, 8, 9, 10, 11}, 0, 9);

    assertThat(ArrayVector.toArray(vector))
        .containsExactly(0, 0, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assertThat(directory).as("files have no names").isEmptyDirectory();

    vector.retain();
    vector.release();
    assertThat(vector.chunk(4)).isEqualTo(new byte[3 * Float.BYTES]);
    vector.release();
    assertThatThrownBy(() -> vector.chunk(0)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void aDirectoryThatTakesNoVectorsIsNamed(@TempDir Path directory) throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    ChunkPlan plan = new ChunkPlan(250_000_000, 1_000_000);

    assertThatThrownBy(() -> StateStorage.disk(file).zeros(plan))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("The driver cannot keep its vectors in " + file + " (")
        .hasMessageEndingWith(
            "free 1.0 GB there for each, or set spark.local.dir to a disk with more room, then go"
                + " on with --resume.");
  }

  @Test
  void aVectorInTheMakingMissesNoChunk() {
    ChunkPlan plan = new ChunkPlan(7, 5);
    ChunkedVector vector = ChunkedVector.awaiting(plan, StateStorage.MEMORY.store(plan));
    vector.adopt(1, new byte[8]);

    assertThatThrownBy(() -> vector.adopt(1, new byte[8])).hasMessage("Chunk 1 has come twice");
    assertThatThrownBy(() -> vector.adopt(0, new byte[8]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(vector::requireComplete).hasMessage("Chunk 0 of 2 is missing");
  }

  @Test
  void resultsStayBelowSparksLimit() {
    long bytes = 40L << 30;
    ReducePlan usual = ReducePlan.of(10_000, bytes, 100, 1L << 30);
    assertThat(bytes / usual.partitions()).isLessThanOrEqualTo(16L << 20);
    assertThat(bytes / usual.partitions() * usual.partitionsPerJob())
        .isLessThanOrEqualTo(512L << 20);

    ReducePlan tight = ReducePlan.of(10_000, bytes, 100, 40L << 20);
    assertThat(bytes / tight.partitions() * tight.partitionsPerJob())
        .isLessThanOrEqualTo(20L << 20);

    assertThat(ReducePlan.of(2, 8L << 20, 100, 1L << 30)).isEqualTo(new ReducePlan(2, 2));
    assertThat(ReducePlan.of(10_000, bytes, 100, 0).partitionsPerJob()).isEqualTo(32);
  }
}
