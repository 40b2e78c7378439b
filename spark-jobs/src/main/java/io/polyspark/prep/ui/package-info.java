/**
 * The tab "Corpus" of Spark's web interface, while a corpus is prepared ({@link
 * io.polyspark.prep.ui.CorpusUi}) and in the History Server after it ({@link
 * io.polyspark.prep.ui.CorpusHistory}). {@link io.polyspark.prep.ui.CorpusListener} turns the
 * events of {@link io.polyspark.prep.events}, and what Spark says of tasks and their accumulators
 * meanwhile, into a row for each run.
 */
package io.polyspark.prep.ui;
