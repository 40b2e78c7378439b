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
 * @param keptStates where each replica keeps its state; null unless the policy is {@link
 *     OptimizerStatePolicy#KEPT} (an Optional cannot be serialized)
 */
record ReplicaStage<D, M extends Serializable>(
    int round,
    int replicas,
    long completedSteps,
    OptimizerStatePolicy policy,
    BroadcastVector parameters,
    List<BroadcastVector> optimizerState,
    ReplicaStates keptStates,
    SliceTask<D, M> task)
    implements Function2<Integer, Iterator<D>, Iterator<Tuple2<PieceKey, byte[]>>> {

  @Override
  public Iterator<Tuple2<PieceKey, byte[]>> call(Integer replica, Iterator<D> slice)
      throws Exception {
    long start = System.nanoTime();
    try {
      TrainedReplica<M> trained = task.run(new Input(this, replica), slice);
      double seconds = (System.nanoTime() - start) * 1e-9;
      TaskContext.get()
          .addTaskCompletionListener((TaskCompletionListener) context -> trained.close());
      return new PieceIterator<>(this, replica, trained, seconds);
    } catch (DivergedException | UserError e) {
      return Collections.singleton(report(replica, new Outcome.Ended<M>(e))).iterator();
    }
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
      if (stage.keptStates != null && stage.round > 1) {
        stage.keptStates.read(stage.round - 1, replica, into);
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
