/** From tokens to shard files, in a directory that appears whole or not at all. */
package io.polyspark.prep.shard;
