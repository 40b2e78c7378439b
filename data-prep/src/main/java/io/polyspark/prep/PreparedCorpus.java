package io.polyspark.prep;

import io.polyspark.model.shards.Manifest;
import java.util.List;
import org.apache.hadoop.fs.Path;

/**
 * A corpus that is ready for training.
 *
 * @param output its directory, qualified with its file system
 * @param manifest what it holds
 * @param warnings sentences that the user should see
 */
public record PreparedCorpus(Path output, Manifest manifest, List<String> warnings) {}
