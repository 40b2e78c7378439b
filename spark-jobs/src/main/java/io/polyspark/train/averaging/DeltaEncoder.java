package io.polyspark.train.averaging;

import io.polyspark.model.checkpoint.SafetensorsFile;
import io.polyspark.model.random.SplitMix64;
import io.polyspark.model.tensor.FlatVector;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Encodes one replica's delta d of one round, chunk by chunk, on an executor. With error feedback
 * (arXiv 1901.09847) it sends d + e in its place, where e is the residual that the replica has kept
 * from the round before, and the next one is d + e less what was sent. No vector is held for it:
 * the residual is read chunk by chunk, and the new one takes the place of the parameters that have
 * been sent. The random bits depend on seed, round, replica and element alone, so that a task that
 * is run again sends the same bytes.
 */
final class DeltaEncoder implements AutoCloseable {
  private final ReplicaStage<?, ?> stage;
  private final int replica;
  private final FlatVector parameters;
  private final DeltaCodec codec;
  private final SplitMix64 random;

  /** The residual of the round before; null where there is none. */
  private final SafetensorsFile before;

  /**
   * @param parameters theta_w; under error feedback overwritten
   */
  DeltaEncoder(ReplicaStage<?, ?> stage, int replica, FlatVector parameters) {
    this.stage = stage;
    this.replica = replica;
    this.parameters = parameters;
    this.codec = stage.deltas().format().codec();
    this.random = new SplitMix64(stage.deltas().seed(), stage.round(), replica);
    this.before =
        replica < stage.residuals()
            ? stage.states().openResidual(stage.round() - 1, replica, parameters.length())
            : null;
  }

  /** Chunk {@code chunk} of what the replica has to tell: theta_r - theta_w, plus the residual. */
  float[] delta(int chunk) {
    ChunkPlan plan = stage.parameters().plan();
    float[] delta = stage.parameters().chunk(chunk);
    float[] other = new float[delta.length];
    parameters.read(plan.offset(chunk), other, 0, other.length);
    for (int i = 0; i < delta.length; i++) {
      delta[i] -= other[i];
    }
    if (before != null) {
      readResidual(plan.offset(chunk), other);
      for (int i = 0; i < delta.length; i++) {
        delta[i] += other[i];
      }
    }
    return delta;
  }

  /**
   * Encodes what {@link #delta} gave.
   *
   * @param delta the caller's; under error feedback overwritten
   */
  byte[] encode(int chunk, float[] delta) {
    long offset = stage.parameters().plan().offset(chunk);
    byte[] encoded = codec.encode(delta, random, offset);
    if (stage.deltas().errorFeedback()) {
      double[] sent = new double[delta.length];
      codec.addTo(sent, encoded, 1);
      for (int i = 0; i < delta.length; i++) {
        delta[i] = (float) (delta[i] - sent[i]);
      }
      parameters.write(offset, delta, 0, delta.length);
    }
    return encoded;
  }

  /**
   * Keeps the residual for the next round, when all chunks were encoded or none was.
   *
   * @param sent whether they were; a replica that has sent nothing keeps the residual that it had
   */
  void keepResidual(boolean sent) {
    if (!stage.deltas().errorFeedback()) {
      return;
    }
    if (!sent) {
      ChunkPlan plan = stage.parameters().plan();
      for (int chunk = 0; chunk < plan.chunks(); chunk++) {
        float[] residual = new float[plan.size(chunk)];
        if (before != null) {
          readResidual(plan.offset(chunk), residual);
        }
        parameters.write(plan.offset(chunk), residual, 0, residual.length);
      }
    }
    stage.states().writeResidual(stage.round(), replica, parameters);
  }

  private void readResidual(long offset, float[] into) {
    try {
      before.read(ReplicaStates.RESIDUAL, offset, into, into.length);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read replica " + replica + "'s residual", e);
    }
  }

  @Override
  public void close() {
    if (before != null) {
      try {
        before.close();
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot close replica " + replica + "'s residual", e);
      }
    }
  }
}
