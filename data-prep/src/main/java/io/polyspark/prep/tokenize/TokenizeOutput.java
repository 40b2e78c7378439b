package io.polyspark.prep.tokenize;

import java.io.Serializable;

/**
 * What tokenizing a partition gives: chunks of tokens in order, damaged documents among them, then
 * its counts.
 */
public sealed interface TokenizeOutput extends Serializable
    permits TokenChunk, RejectedDocument, PartitionEnd {}
