package io.polyspark.train.averaging;

import io.polyspark.model.random.SplitMix64;
import io.polyspark.model.tensor.FlatVector;
import org.apache.spark.SparkEnv;

/**
 * A replica that keeps its parameters in a file and takes noise from each of them when they are
 * sent, in the place of training.
 */
record NoisyTask(ChunkPlan plan) implements ReplicaTask<Integer> {
  /** What a replica takes from a parameter, in [0, 1/256). */
  static float noise(int round, int replica, long element) {
    return noise(new SplitMix64(round, replica), element);
  }

  private static float noise(SplitMix64 random, long element) {
    return (random.at(element) >>> 40) * 0x1p-32f;
  }

  @Override
  public TrainedReplica<Integer> run(RoundInput input) {
    ChunkedVector parameters = StateStorage.disk(SparkEnv.get().conf()).zeros(plan);
    input.readParameters(parameters);
    SplitMix64 random = new SplitMix64(input.round(), input.replica());
    return new VectorReplica(new Noisy(parameters, random), parameters::release);
  }

  private record Noisy(FlatVector file, SplitMix64 random) implements FlatVector {
    @Override
    public long length() {
      return file.length();
    }

    @Override
    public void read(long offset, float[] into, int at, int count) {
      file.read(offset, into, at, count);
      for (int i = 0; i < count; i++) {
        into[at + i] -= noise(random, offset + i);
      }
    }

    @Override
    public void write(long offset, float[] from, int at, int count) {
      throw new UnsupportedOperationException("Nothing is kept");
    }
  }
}
