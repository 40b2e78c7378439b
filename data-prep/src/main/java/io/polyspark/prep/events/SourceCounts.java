package io.polyspark.prep.events;

import io.polyspark.prep.filter.StageReport.Volume;

/**
 * What has become of a source.
 *
 * @param name in the configuration
 * @param read whole documents that were read
 * @param kept of them, what some copy is there of, each once; nothing before documents are mixed
 * @param tokens of it in the output, copies counted
 */
public record SourceCounts(String name, Volume read, Volume kept, long tokens) {}
