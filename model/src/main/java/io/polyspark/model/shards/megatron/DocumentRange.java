package io.polyspark.model.shards.megatron;

import java.io.Serializable;

/**
 * Documents that follow each other.
 *
 * @param from number of the first
 * @param to number of the one after the last
 */
public record DocumentRange(long from, long to) implements Serializable {}
