/**
 * Preparation of a corpus on Spark: {@link io.polyspark.prep.PrepareCorpus} goes from files
 * (package {@code read}) or generated prose ({@code synthetic}) over tokens ({@code tokenize}) to
 * token shards ({@code shard}).
 */
package io.polyspark.prep;
