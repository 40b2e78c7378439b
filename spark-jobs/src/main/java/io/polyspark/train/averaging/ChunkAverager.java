package io.polyspark.train.averaging;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import org.apache.spark.api.java.function.FlatMapFunction;
import scala.Tuple2;

/**
 * The reduce side of a round, on an executor: the pieces of each chunk come one after another in
 * replica order; their sum is taken in float64 in that order, so that the same pieces always give
 * the same bits, and the outer optimizer makes the next chunk of it. Holds one chunk at a time, and
 * of the parameters the pieces of which {@link Drift} is made.
 *
 * @param round the round being run, from 1
 * @param participants the replicas whose pieces make the weighted mean, in ascending order
 * @param deltas in which numbers the deltas come
 * @param outer the outer optimizer
 * @param parameters theta_r
 * @param outerState the outer optimizer's state; empty stands for zeros
 */
record ChunkAverager(
    int round,
    List<Participant> participants,
    DeltaFormat deltas,
    OuterOptimizer outer,
    BroadcastVector parameters,
    List<BroadcastVector> outerState)
    implements FlatMapFunction<Iterator<Tuple2<PieceKey, byte[]>>, AveragedChunk> {

  @Override
  public Iterator<AveragedChunk> call(Iterator<Tuple2<PieceKey, byte[]>> pieces) {
    Queue<AveragedChunk> ready = new ArrayDeque<>();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return !ready.isEmpty() || pieces.hasNext();
      }

      @Override
      public AveragedChunk next() {
        if (ready.isEmpty()) {
          average(pieces, ready);
        }
        return ready.remove();
      }
    };
  }

  private void average(Iterator<Tuple2<PieceKey, byte[]>> pieces, Queue<AveragedChunk> ready) {
    PieceKey first = null;
    DeltaCodec codec = null;
    double[] mean = null;
    long weights = 0;
    List<byte[]> received = new ArrayList<>();
    for (Participant participant : participants) {
      Tuple2<PieceKey, byte[]> piece = pieces.hasNext() ? pieces.next() : null;
      if (piece == null || piece._1().replica() != participant.replica()) {
        throw unexpected(participant.replica(), first, piece);
      }
      if (first == null) {
        first = piece._1();
        codec = codec(first.kind());
        mean = new double[codec.elements(piece._2())];
      } else if (!first.sameChunk(piece._1()) || codec.elements(piece._2()) != mean.length) {
        throw unexpected(participant.replica(), first, piece);
      }
      codec.addTo(mean, piece._2(), (double) participant.weight());
      weights += participant.weight();
      if (first.kind() == PieceKey.Kind.PARAMETERS) {
        received.add(codec.beginning(piece._2(), Drift.kept(mean.length, participants.size())));
      }
    }
    for (int i = 0; i < mean.length; i++) {
      mean[i] /= weights;
    }
    if (first.kind() == PieceKey.Kind.PARAMETERS) {
      step(first.chunk(), mean, Drift.squares(received, codec, mean), ready);
    } else {
      float[] values = new float[mean.length];
      for (int i = 0; i < mean.length; i++) {
        values[i] = (float) mean[i];
      }
      ready.add(
          new AveragedChunk(first.kind(), first.vector(), first.chunk(), Float32.encode(values)));
    }
  }

  private DeltaCodec codec(PieceKey.Kind kind) {
    return (kind == PieceKey.Kind.PARAMETERS ? deltas : DeltaFormat.FP32).codec();
  }

  private void step(
      int chunk, double[] pseudoGradient, double[] squares, Queue<AveragedChunk> ready) {
    int size = pseudoGradient.length;
    float[] nextParameters = new float[size];
    List<float[]> state = new ArrayList<>();
    List<float[]> nextState = new ArrayList<>();
    for (int i = 0; i < outer.stateVectors(); i++) {
      state.add(outerState.isEmpty() ? new float[size] : outerState.get(i).chunk(chunk));
      nextState.add(new float[size]);
    }
    outer.step(round, parameters.chunk(chunk), pseudoGradient, state, nextParameters, nextState);
    ready.add(
        new AveragedChunk(
            PieceKey.Kind.PARAMETERS, 0, chunk, Float32.encode(nextParameters), squares));
    for (int i = 0; i < nextState.size(); i++) {
      ready.add(
          new AveragedChunk(PieceKey.Kind.OUTER_STATE, i, chunk, Float32.encode(nextState.get(i))));
    }
  }

  private static IllegalStateException unexpected(
      int participant, PieceKey first, Tuple2<PieceKey, byte[]> piece) {
    return new IllegalStateException(
        String.format(
            "Expected replica %d's piece of %s, found %s",
            participant, first == null ? "a new chunk" : first, piece == null ? null : piece._1()));
  }
}
