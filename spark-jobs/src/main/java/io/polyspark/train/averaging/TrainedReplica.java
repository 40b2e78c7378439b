package io.polyspark.train.averaging;

import io.polyspark.model.tensor.FlatVector;
import java.io.Serializable;
import java.util.List;

/**
 * A replica at the end of its round. Its vectors are read in chunks while they are sent, so they
 * may be views of the replica's own memory; {@link #close()} is called when all is read, or when
 * the task fails.
 *
 * @param <M> see {@link ReplicaTask}
 */
public interface TrainedReplica<M extends Serializable> extends AutoCloseable {
  /**
   * The parameters theta_w that this replica has arrived at. What has been read of them may be
   * written over: the vector is then a place for what the replica keeps ({@link Deltas}).
   */
  FlatVector parameters();

  /** The state of its optimizer, for instance first and second moment; empty if it has none. */
  List<FlatVector> optimizerState();

  /**
   * The optimizer steps taken in this round. A replica that took none (there was no data for it)
   * takes no part in the mean.
   */
  long steps();

  /** What the replica has to report. */
  M metrics();

  @Override
  void close();
}
