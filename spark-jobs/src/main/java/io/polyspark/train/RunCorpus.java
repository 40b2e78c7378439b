package io.polyspark.train;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.ManifestFiles;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The corpus that a run reads from its first round to its last, however often it is resumed: of one
 * that grows, the version that was current when the run was started.
 */
final class RunCorpus {
  private static final Logger LOG = LoggerFactory.getLogger(RunCorpus.class);

  private RunCorpus() {}

  /**
   * Finds what a checkpoint was trained on, or what a new run is to be trained on.
   *
   * @param data the directory of the corpus, or the manifest of a version
   * @return the manifest of a version, or {@code data} where it has none
   * @throws UserError if the checkpoint was trained on something else
   */
  static Path of(FileSystem fs, Path data, Optional<Checkpoint> checkpoint) {
    return checkpoint
        .map(from -> of(fs, data, from))
        .orElseGet(() -> ManifestFiles.settle(fs, data));
  }

  private static Path of(FileSystem fs, Path data, Checkpoint checkpoint) {
    String wanted = checkpoint.trainer().shardManifestSha256();
    Path settled = ManifestFiles.settle(fs, data);
    if (Manifest.read(fs, settled).sha256().equals(wanted)) {
      return settled;
    }
    Optional<Path> own = ManifestFiles.withSum(fs, data, wanted);
    if (own.isEmpty()) {
      throw UserError.of(
          "%s was trained on other token shards than %s (the SHA-256 of their manifests differ): resume with the data that it"
              + " was started with; a version of it that was pruned cannot be had back.",
          checkpoint.directory(), data);
    }
    if (ManifestFiles.version(data).isPresent()) {
      throw UserError.of(
          "%s was trained on %s, not on %s: name that version, or the directory alone.",
          checkpoint.directory(), own.get(), data);
    }
    LOG.info("{} has another version by now: the run goes on with its own, {}", data, own.get());
    return own.get();
  }
}
