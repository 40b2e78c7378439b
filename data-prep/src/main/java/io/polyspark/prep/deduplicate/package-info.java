/**
 * Deduplication of documents on Spark: {@link io.polyspark.prep.deduplicate.Deduplicate} finds
 * equal texts by a hash and similar ones by MinHash with locality-sensitive hashing, and keeps one
 * of each cluster. What is kept is a function of the documents, the options and the index alone, on
 * any cluster and with any partitioning.
 */
package io.polyspark.prep.deduplicate;
