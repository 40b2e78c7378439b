package io.polyspark.prep.version;

import io.polyspark.model.shards.Manifest;

/**
 * A version of a corpus.
 *
 * @param manifest all of its files
 * @param state what a run that goes on from it must know
 */
public record CorpusVersion(Manifest manifest, CorpusState state) {}
