package io.polyspark.prep.pipeline;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;

/** Rows that are made as Spark asks for them, where what is read need not give one. */
abstract class RowIterator implements Iterator<Row> {
  private Row ready;
  private boolean ended;

  /** Reads on: gives a row, or the last one, or none. */
  abstract void advance();

  /** Takes a row from {@link #advance}. */
  final void give(Row row) {
    ready = row;
  }

  /** Takes the last row from {@link #advance}. */
  final void giveLast(Row row) {
    ready = row;
    ended = true;
  }

  @Override
  public final boolean hasNext() {
    while (ready == null && !ended) {
      advance();
    }
    return ready != null;
  }

  @Override
  public final Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Row row = ready;
    ready = null;
    return row;
  }
}
