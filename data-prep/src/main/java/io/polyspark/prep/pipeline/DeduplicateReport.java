package io.polyspark.prep.pipeline;

import io.polyspark.prep.deduplicate.DeduplicateStatistics;

/**
 * What deduplication did.
 *
 * @param statistics what it found
 * @param batch the name of what it added to the index; null where it added nothing
 */
record DeduplicateReport(DeduplicateStatistics statistics, String batch) {}
