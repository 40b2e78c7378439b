package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.util.Arrays;

/**
 * A replica whose parameters are generated, not held, so that there may be any number of them: all
 * elements of a chunk of theta_r are the chunk's number, and replica w takes w + 1 times {@link
 * #STEP} from each.
 */
record GeneratedTask(ChunkPlan plan) implements ReplicaTask<Integer> {
  /** What {@link DeltaFormat#INT8} has no error for, nor float32 beside a chunk's number. */
  static final float STEP = Byte.MAX_VALUE * 0x1p-7f;

  /** A chunk of theta_r with {@code less} taken from each element; exact in float32. */
  static float[] values(ChunkPlan plan, int chunk, float less) {
    float[] values = new float[plan.size(chunk)];
    Arrays.fill(values, chunk - less);
    return values;
  }

  @Override
  public TrainedReplica<Integer> run(RoundInput input) {
    return new VectorReplica(new Lowered(plan, (input.replica() + 1) * STEP), () -> {});
  }

  private record Lowered(ChunkPlan plan, float less) implements FlatVector {
    @Override
    public long length() {
      return plan.length();
    }

    /** Within one chunk. */
    @Override
    public void read(long offset, float[] into, int at, int count) {
      Arrays.fill(into, at, at + count, (int) (offset / plan.chunkSize()) - less);
    }

    @Override
    public void write(long offset, float[] from, int at, int count) {
      throw new UnsupportedOperationException("Nothing is kept");
    }
  }
}
