package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Serializable;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.spark.MapOutputTrackerMaster;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BroadcastBlockId;
import scala.Function1;
import scala.collection.JavaConverters;

/** What Spark still holds, on the driver and on all executors. */
final class Leftovers {
  private Leftovers() {}

  /** The shuffles whose files still lie on executors. */
  static Set<Object> shuffles() {
    MapOutputTrackerMaster tracker = (MapOutputTrackerMaster) SparkEnv.get().mapOutputTracker();
    return new HashSet<>(JavaConverters.asJavaCollection(tracker.shuffleStatuses().keySet()));
  }

  /**
   * Waits for the blocks of broadcasts first to last, both included, to be gone everywhere: Spark
   * deletes them without being waited for.
   */
  static void awaitNoBroadcast(long first, long last) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    Collection<BlockId> left = broadcasts(first, last);
    while (!left.isEmpty() && System.nanoTime() < deadline) {
      left = broadcasts(first, last);
    }
    assertThat(left).isEmpty();
  }

  private static Collection<BlockId> broadcasts(long first, long last) {
    Function1<BlockId, Object> isOne =
        (Function1<BlockId, Object> & Serializable)
            block ->
                block instanceof BroadcastBlockId broadcast
                    && first <= broadcast.broadcastId()
                    && broadcast.broadcastId() <= last;
    return JavaConverters.asJavaCollection(
        SparkEnv.get().blockManager().master().getMatchingBlockIds(isOne, true));
  }
}
