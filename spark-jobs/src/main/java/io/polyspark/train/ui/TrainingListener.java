package io.polyspark.train.ui;

import io.polyspark.train.metrics.NoticeEvent;
import io.polyspark.train.metrics.ReplicaRoundEvent;
import io.polyspark.train.metrics.RoundEvent;
import io.polyspark.train.metrics.RunEndedEvent;
import io.polyspark.train.metrics.RunStartedEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.status.ElementTrackingStore;
import scala.runtime.BoxedUnit;

/**
 * Turns a run's events into rows of Spark's store, from which the tab shows them. Whoever reads
 * more than one row holds the store's monitor, as this does while it writes.
 *
 * <p>Spark drops events where its listeners fall behind, so that a curve may lack a round that
 * {@code metrics.jsonl} has.
 */
public final class TrainingListener extends SparkListener {
  /** Of an application that trains one model after another, the newest so many are kept. */
  static final int MOST_RUNS = 8;

  private final ElementTrackingStore store;
  private final boolean live;
  private final Deque<RunRows> runs = new ArrayDeque<>();
  private int number;

  private TrainingListener(ElementTrackingStore store, boolean live) {
    this.store = store;
    this.live = live;
    store.onFlush(
        () -> {
          write();
          return BoxedUnit.UNIT;
        });
  }

  /** One that writes each round as it comes. */
  static TrainingListener live(ElementTrackingStore store) {
    return new TrainingListener(store, true);
  }

  /** One that writes when the store is flushed, at the end of an event log. */
  static TrainingListener replaying(ElementTrackingStore store) {
    return new TrainingListener(store, false);
  }

  @Override
  public void onOtherEvent(SparkListenerEvent event) {
    synchronized (store) {
      if (event instanceof RunStartedEvent started) {
        start(started);
      } else if (!runs.isEmpty() && take(event) && live) {
        runs.getLast().write();
      }
    }
  }

  @Override
  public void onApplicationEnd(SparkListenerApplicationEnd end) {
    synchronized (store) {
      if (!runs.isEmpty()) {
        runs.getLast().row().applicationEnded = end.time();
        runs.getLast().write();
      }
    }
  }

  private void start(RunStartedEvent started) {
    write();
    runs.add(new RunRows(store, ++number, started));
    if (runs.size() > MOST_RUNS) {
      runs.removeFirst().delete();
    }
    write();
  }

  /** Returns whether there is now something to show that was not there before. */
  private boolean take(SparkListenerEvent event) {
    RunRows run = runs.getLast();
    if (event instanceof ReplicaRoundEvent steps) {
      run.take(steps.steps());
      return false;
    }
    if (event instanceof RoundEvent round) {
      run.take(round.metrics());
    } else if (event instanceof NoticeEvent notice) {
      run.take(notice.notice());
    } else if (event instanceof RunEndedEvent ended) {
      run.row().ended = ended;
    } else {
      return false;
    }
    return true;
  }

  private void write() {
    synchronized (store) {
      if (!runs.isEmpty()) {
        runs.getLast().write();
      }
    }
  }
}
