package io.polyspark.train.averaging;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import scala.Tuple2;

/**
 * The pieces of one trained replica, made one by one while Spark writes them to the shuffle, so
 * that a task holds one chunk beside the replica itself: the deltas theta_r - theta_w as {@link
 * DeltaEncoder} encodes them, the optimizer state in float32 if it is averaged, and last of all the
 * report, which says whether they are any good.
 */
final class PieceIterator<M extends Serializable> implements Iterator<Tuple2<PieceKey, byte[]>> {
  private final ReplicaStage<?, M> stage;
  private final int replica;
  private final TrainedReplica<M> trained;
  private final DeltaEncoder encoder;
  private final double seconds;

  /** What is sent in chunks: the parameters first, then each vector of averaged state. */
  private final List<Sent> vectors = new ArrayList<>();

  private int vector;
  private int chunk;
  private long sentBytes;
  private boolean reported;

  private record Sent(PieceKey.Kind kind, int number, FlatVector values, ChunkPlan plan) {}

  PieceIterator(
      ReplicaStage<?, M> stage,
      int replica,
      TrainedReplica<M> trained,
      DeltaEncoder encoder,
      double seconds) {
    this.stage = stage;
    this.replica = replica;
    this.trained = trained;
    this.encoder = encoder;
    this.seconds = seconds;
    ChunkPlan plan = stage.parameters().plan();
    if (trained.steps() > 0) {
      vectors.add(new Sent(PieceKey.Kind.PARAMETERS, 0, trained.parameters(), plan));
      if (stage.policy() == OptimizerStatePolicy.AVERAGED) {
        for (FlatVector state : trained.optimizerState()) {
          ChunkPlan statePlan = new ChunkPlan(state.length(), plan.chunkSize());
          vectors.add(
              new Sent(PieceKey.Kind.OPTIMIZER_STATE, vectors.size() - 1, state, statePlan));
        }
      }
    }
  }

  @Override
  public boolean hasNext() {
    return !reported;
  }

  @Override
  public Tuple2<PieceKey, byte[]> next() {
    if (reported) {
      throw new NoSuchElementException();
    }
    while (vector < vectors.size() && chunk == vectors.get(vector).plan().chunks()) {
      vector++;
      chunk = 0;
    }
    if (vector == vectors.size()) {
      return report();
    }
    Sent sent = vectors.get(vector);
    byte[] piece;
    if (sent.kind() == PieceKey.Kind.PARAMETERS) {
      float[] delta = encoder.delta(chunk);
      if (!finite(delta)) {
        return diverged();
      }
      piece = encoder.encode(chunk, delta);
    } else {
      float[] values = new float[sent.plan().size(chunk)];
      sent.values().read(sent.plan().offset(chunk), values, 0, values.length);
      piece = Float32.encode(values);
    }
    PieceKey key = new PieceKey(sent.kind(), sent.number(), chunk, replica);
    chunk++;
    sentBytes += piece.length;
    return new Tuple2<>(key, piece);
  }

  /** A sum of x * 0 is 0 unless some x is infinite or NaN. */
  private static boolean finite(float[] values) {
    float sum = 0;
    for (float value : values) {
      sum += value * 0f;
    }
    return sum == 0f;
  }

  private Tuple2<PieceKey, byte[]> diverged() {
    reported = true;
    long step = stage.completedSteps() + trained.steps();
    DivergedException exception =
        new DivergedException(stage.round(), replica, step, "A parameter is not finite");
    return ended(exception);
  }

  private Tuple2<PieceKey, byte[]> ended(RuntimeException cause) {
    return ReplicaStage.report(replica, new Outcome.Ended<M>(cause));
  }

  private Tuple2<PieceKey, byte[]> report() {
    reported = true;
    try {
      if (stage.policy() == OptimizerStatePolicy.KEPT) {
        stage.states().write(stage.round(), replica, trained.optimizerState());
      }
      encoder.keepResidual(trained.steps() > 0);
    } catch (UserError e) {
      return ended(e);
    }
    List<Long> stateLengths =
        vectors.stream()
            .filter(sent -> sent.kind() == PieceKey.Kind.OPTIMIZER_STATE)
            .map(sent -> sent.plan().length())
            .toList();
    ReplicaReport<M> report =
        new ReplicaReport<>(replica, trained.steps(), seconds, trained.metrics());
    return ReplicaStage.report(replica, new Outcome.Trained<>(report, stateLengths, sentBytes));
  }
}
