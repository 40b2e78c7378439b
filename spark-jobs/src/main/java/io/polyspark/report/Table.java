package io.polyspark.report;

import java.util.List;
import java.util.stream.Stream;

/**
 * A table as the page shows it.
 *
 * @param heads of the columns
 * @param rows each with a cell per column
 */
record Table(List<Cell> heads, List<Row> rows) {
  /**
   * A row.
   *
   * @param cells its cells, the first of which names it
   */
  record Row(List<Cell> cells) {}

  /**
   * A cell.
   *
   * @param text what it says
   * @param look the template's class for it
   */
  record Cell(String text, String look) {
    /** A cell of words. */
    static Cell words(String text) {
      return new Cell(text, "w");
    }

    /** A cell of a number, to the right. */
    static Cell number(String text) {
      return new Cell(text, "n");
    }

    /** A number that is the best of its row. */
    static Cell best(String text) {
      return new Cell(text, "n best");
    }
  }

  /** A row of a name and numbers. */
  static Row numbers(String name, List<String> numbers) {
    return row(name, numbers.stream().map(Cell::number).toList());
  }

  /** A row of a name and words. */
  static Row words(String name, List<String> words) {
    return row(name, words.stream().map(Cell::words).toList());
  }

  /** A row of a name and other cells. */
  static Row row(String name, List<Cell> cells) {
    return new Row(Stream.concat(Stream.of(Cell.words(name)), cells.stream()).toList());
  }
}
