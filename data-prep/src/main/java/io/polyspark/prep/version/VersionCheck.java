package io.polyspark.prep.version;

import io.polyspark.model.shards.Manifest;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What a version must be to become current: the next one, with the files of the one before, and
 * with all that it names there.
 */
final class VersionCheck {
  private final FileSystem fs;
  private final Path data;

  VersionCheck(FileSystem fs, Path data) {
    this.fs = fs;
    this.data = data;
  }

  /** The names of all files of a version. */
  static Set<String> names(Manifest manifest) {
    return manifest.splits().values().stream()
        .flatMap(split -> split.files().stream())
        .map(Manifest.File::name)
        .collect(Collectors.toSet());
  }

  /**
   * Checks a version before anything of it is written.
   *
   * @param before the current version
   * @param next the next version's number
   * @throws IllegalArgumentException for one that is not as it must be
   */
  void check(Optional<CorpusVersion> before, long next, Manifest manifest, CorpusState state)
      throws IOException {
    OptionalLong parent =
        before.isPresent() ? OptionalLong.of(before.get().state().version()) : OptionalLong.empty();
    require(
        state.version() == next
            && manifest.version() != null
            && manifest.version() == next
            && state.before().equals(parent),
        String.format(
            "version %d with a manifest of version %d cannot follow %s as version %d",
            state.version(), manifest.version(), parent, next));
    manifest.requireTokenizer(fs, data);
    Set<String> names = names(manifest);
    Set<String> old = before.map(version -> names(version.manifest())).orElse(Set.of());
    require(names.containsAll(old), "version " + next + " lacks files of the one before");
    for (String name : names) {
      if (!old.contains(name)) {
        requireThere(new Path(data, name));
      }
    }
    for (String batch : state.indexBatches()) {
      requireThere(new Path(CorpusVersions.index(data), batch));
    }
  }

  private void requireThere(Path path) throws IOException {
    require(fs.exists(path), path + " is not there");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
