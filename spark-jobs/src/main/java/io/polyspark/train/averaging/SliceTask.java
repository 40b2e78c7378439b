package io.polyspark.train.averaging;

import java.io.Serializable;
import java.util.Iterator;

/** A {@link ReplicaTask} that is given its data, the replica's partition of an RDD. */
@FunctionalInterface
interface SliceTask<D, M extends Serializable> extends Serializable {
  /** As {@link ReplicaTask#run}. */
  TrainedReplica<M> run(RoundInput input, Iterator<D> slice) throws Exception;
}
