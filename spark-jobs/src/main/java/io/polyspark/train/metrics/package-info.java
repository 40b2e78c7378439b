/**
 * What a training run measures, and where it goes. One record has one home: {@link
 * io.polyspark.train.metrics.StepMetrics} for a replica's step, {@link
 * io.polyspark.train.metrics.RoundMetrics} for a round; {@link
 * io.polyspark.train.metrics.RunMetrics} takes them in, once each, and hands them to every {@link
 * io.polyspark.train.metrics.MetricsSink}.
 */
package io.polyspark.train.metrics;
