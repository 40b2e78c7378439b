/**
 * The whole preparation as stages on Spark, from named sources to shuffled token shards. Each stage
 * leaves a table with its report, so that a run that was broken off goes on after the last whole
 * one.
 */
package io.polyspark.prep.pipeline;
