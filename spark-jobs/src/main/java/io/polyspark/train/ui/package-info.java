/**
 * The tab "Training" of Spark's web interface, while a run goes on ({@link
 * io.polyspark.train.ui.TrainingUi}) and in the History Server after it ({@link
 * io.polyspark.train.ui.TrainingHistory}). {@link io.polyspark.train.ui.TrainingListener} turns the
 * events of {@link io.polyspark.train.metrics.SparkEvents} into rows of the store that Spark keeps
 * for its own tabs, live or replayed from an event log; the tab reads those rows and nothing else.
 *
 * <p>A chart of one more measure takes a line in {@code Measures} and one in {@code charts.js}; a
 * column of the table of replicas takes one in {@code tables.js}.
 */
package io.polyspark.train.ui;
