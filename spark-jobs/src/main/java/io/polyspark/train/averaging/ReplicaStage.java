package io.polyspark.train.averaging;

import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import java.io.Serializable;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;

/**
 * The map side of a round, on an executor: trains the replica whose number is that of the
 * partition, and sends what it arrived at as pieces.
 *
 * @param round the round being run, from 1
 * @param replicas W
 * @param completedSteps steps behind every replica
 * @param policy what happens to the optimizer state
 * @param parameters theta_r
 * @param optimizerState the averaged state to start from; empty if there is none
 * @param deltas how deltas travel
 * @param states where replicas keep what they keep; null where they keep nothing (an Optional
 *     cannot be serialized)
 * @param optimizerStates how many replicas have kept an optimizer state of the round before; one
 *     beyond them starts from that of its number modulo theirs
 * @param residuals the replicas below this number have a residual of the round before
 */
record ReplicaStage<D, M extends Serializable>(
    int round,
    int replicas,
    long completedSteps,
    OptimizerStatePolicy policy,
    BroadcastVector parameters,
    List<BroadcastVector> optimizerState,
    Deltas deltas,
    ReplicaStates states,
    int optimizerStates,
    int residuals,
    SliceTask<D, M> task)
    implements Function2<Integer, Iterator<D>, Iterator<Tuple2<PieceKey, byte[]>>> {

  @Override
  public Iterator<Tuple2<PieceKey, byte[]>> call(Integer replica, Iterator<D> slice)
      throws Exception {
    long start = System.nanoTime();
    try {
      TrainedReplica<M> trained = task.run(new Input(this, replica), slice);
      double seconds = (System.nanoTime() - start) * 1e-9;
      closeAtTheEnd(trained::close);
      BroadcastVector.requireLength(parameters.plan().length(), trained.parameters());
      DeltaEncoder encoder = new DeltaEncoder(this, replica, trained.parameters());
      closeAtTheEnd(encoder::close);
      return new PieceIterator<>(this, replica, trained, encoder, seconds);
    } catch (DivergedException | UserError e) {
      return Collections.singleton(report(replica, new Outcome.Ended<M>(e))).iterator();
    }
  }

  /** At the end of the task, however it ends. */
  private static void closeAtTheEnd(Runnable closing) {
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> closing.run());
  }

  static Tuple2<PieceKey, byte[]> report(int replica, Outcome<?> outcome) {
    return new Tuple2<>(new PieceKey(PieceKey.Kind.REPORT, 0, 0, replica), outcome.toBytes());
  }

  /** What the task sees. */
  private record Input(ReplicaStage<?, ?> stage, int replica) implements RoundInput {
    @Override
    public int round() {
      return stage.round;
    }

    @Override
    public int replicas() {
      return stage.replicas;
    }

    @Override
    public long completedSteps() {
      return stage.completedSteps;
    }

    @Override
    public void readParameters(FlatVector into) {
      stage.parameters.copyTo(into);
    }

    @Override
    public boolean readOptimizerState(List<FlatVector> into) {
      if (stage.policy == OptimizerStatePolicy.KEPT && stage.round > 1) {
        stage.states.read(stage.round - 1, replica % stage.optimizerStates, into);
        return true;
      }
      if (stage.optimizerState.isEmpty()) {
        return false;
      }
      if (stage.optimizerState.size() != into.size()) {
        throw new IllegalArgumentException(
            "The round has " + stage.optimizerState.size() + " state vectors, not " + into.size());
      }
      for (int i = 0; i < into.size(); i++) {
        stage.optimizerState.get(i).copyTo(into.get(i));
      }
      return true;
    }
  }
}
