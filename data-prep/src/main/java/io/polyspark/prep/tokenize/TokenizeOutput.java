package io.polyspark.prep.tokenize;

import java.io.Serializable;

/** What tokenizing a partition gives: chunks of tokens in order, then one summary. */
public sealed interface TokenizeOutput extends Serializable permits TokenChunk, PartitionSummary {}
