package io.polyspark.train.averaging;

import io.polyspark.model.config.UserError;
import java.io.Serializable;

/**
 * What an executor does for one replica in one round: set the replica up from the round's input,
 * train it alone for some steps, hand it back. A pure function: Spark may run it again, elsewhere,
 * when an executor is lost, and the same input must then give the same bits. Whatever else it
 * depends on (which samples, which schedule) is a field of the task, which the driver makes anew
 * for every round.
 *
 * @param <M> what the replica reports besides its vectors, for instance a record per step; it goes
 *     to the driver by Java serialization, once per replica whatever Spark re-runs
 */
@FunctionalInterface
public interface ReplicaTask<M extends Serializable> extends Serializable {
  /**
   * Trains one replica.
   *
   * @return the trained replica, which the caller reads and then closes
   * @throws DivergedException if the loss or the gradient is no longer finite; it ends the round,
   *     and reaches the driver as the same exception without a retry
   * @throws UserError if something that the user has to put right is in the way; it ends the round
   *     in the same manner
   * @throws Exception anything else: Spark runs the task again
   */
  TrainedReplica<M> run(RoundInput input) throws Exception;
}
