package io.polyspark.prep.ui;

import io.polyspark.prep.events.CorpusEndedEvent;
import io.polyspark.prep.events.CorpusStartedEvent;
import io.polyspark.prep.events.ShardsWrittenEvent;
import io.polyspark.prep.events.StageEndedEvent;
import io.polyspark.prep.events.StageStartedEvent;
import java.util.Properties;
import org.apache.spark.Success$;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.status.ElementTrackingStore;
import scala.runtime.BoxedUnit;

/**
 * Turns the events of runs into rows of Spark's store, from which the tab shows them.
 *
 * <p>Spark drops events where its listeners fall behind, so that counts of a stage that runs may
 * lack some tasks; those of a stage that is done come from its report.
 */
public final class CorpusListener extends SparkListener {
  /** Of an application that prepares one corpus after another, the newest so many are kept. */
  static final int MOST_RUNS = 8;

  private static final String GROUP = "spark.jobGroup.id";

  /** Tasks end by the thousand, and nobody looks more often than that. */
  private static final long PAUSE_NANOS = 100_000_000;

  private final ElementTrackingStore store;
  private final boolean live;
  private int number;
  private CorpusRun run;
  private long revision;
  private boolean changed;
  private long written;

  private CorpusListener(ElementTrackingStore store, boolean live) {
    this.store = store;
    this.live = live;
    store.onFlush(
        () -> {
          write();
          return BoxedUnit.UNIT;
        });
  }

  /** One that writes what is new as it comes. */
  static CorpusListener live(ElementTrackingStore store) {
    return new CorpusListener(store, true);
  }

  /** One that writes when the store is flushed, at the end of an event log. */
  static CorpusListener replaying(ElementTrackingStore store) {
    return new CorpusListener(store, false);
  }

  @Override
  public synchronized void onOtherEvent(SparkListenerEvent event) {
    if (event instanceof CorpusStartedEvent started) {
      write();
      number++;
      if (number > MOST_RUNS) {
        delete(number - MOST_RUNS);
      }
      run = new CorpusRun(started);
    } else if (run == null) {
      return;
    } else if (event instanceof StageStartedEvent stage) {
      run.take(stage);
    } else if (event instanceof StageEndedEvent stage) {
      run.take(stage);
    } else if (event instanceof ShardsWrittenEvent shards) {
      run.take(shards);
    } else if (event instanceof CorpusEndedEvent ended) {
      run.take(ended);
    } else {
      return;
    }
    changed = true;
    if (live) {
      write();
    }
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
    Properties properties = event.properties();
    if (run != null && properties != null) {
      run.counting(properties.getProperty(GROUP, ""))
          .ifPresent(
              counts -> {
                counts.submitted(event.stageInfo().stageId(), event.stageInfo().numTasks());
                changedByTasks();
              });
    }
  }

  @Override
  public synchronized void onStageCompleted(SparkListenerStageCompleted event) {
    if (run != null && event.stageInfo().failureReason().isEmpty()) {
      run.counting()
          .ifPresent(
              counts -> {
                counts.completed(event.stageInfo().stageId());
                changedByTasks();
              });
    }
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    if (run != null && event.reason() == Success$.MODULE$) {
      run.counting()
          .filter(counts -> counts.succeeded(event.stageId(), event.taskInfo()))
          .ifPresent(counts -> changedByTasks());
    }
  }

  /** Comes every few seconds, so that the last tasks before a long one are shown, too. */
  @Override
  public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
    if (live) {
      write();
    }
  }

  @Override
  public synchronized void onApplicationEnd(SparkListenerApplicationEnd end) {
    if (run != null) {
      run.applicationEnded(end.time());
      changed = true;
      write();
    }
  }

  private void changedByTasks() {
    changed = true;
    if (live && System.nanoTime() - written >= PAUSE_NANOS) {
      write();
    }
  }

  private synchronized void write() {
    if (changed) {
      changed = false;
      revision++;
      store.write(new CorpusRow(number, revision, run.state()));
      written = System.nanoTime();
    }
  }

  private void delete(int old) {
    try {
      store.delete(CorpusRow.class, old);
    } catch (Exception e) {
      throw new IllegalStateException("Cannot delete a row of Spark's store", e);
    }
  }
}
