package io.polyspark.prep.pipeline;

import io.polyspark.model.shards.Manifest;
import org.apache.hadoop.fs.Path;

/**
 * What a run made.
 *
 * @param output the corpus
 * @param manifest of it
 */
public record PipelineResult(Path output, Manifest manifest) {}
