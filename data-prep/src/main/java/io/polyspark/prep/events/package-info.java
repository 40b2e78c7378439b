/**
 * What a run of a {@link io.polyspark.prep.pipeline.Pipeline} says on Spark's listener bus, and so
 * in its event log, as it goes on: that it has started ({@link
 * io.polyspark.prep.events.CorpusStartedEvent}), what each stage does, and how it has ended. What a
 * stage has counted so far is in accumulators meanwhile, under the names of {@link
 * io.polyspark.prep.events.StepCounter}.
 */
package io.polyspark.prep.events;
