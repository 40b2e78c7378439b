/** Token shards to data sets of Megatron's, and back. */
package io.polyspark.prep.megatron;
