package io.polyspark.prep.version;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The manifest of a version out of the one before and of what is new. */
public final class GrownManifest {
  private GrownManifest() {}

  /**
   * Adds files to a version: its own come first, so that they are the same windows for whoever
   * reads either.
   *
   * @param before the current version
   * @param added what was made now, in the same directory; its configuration becomes that of all
   * @param version the next one
   * @throws UserError if the new ids are not those of the same tokenizer
   */
  public static Manifest of(Manifest before, Manifest added, long version) {
    if (!before.tokenizer().equals(added.tokenizer()) || !before.dtype().equals(added.dtype())) {
      throw UserError.of(
          "Cannot add tokens of the tokenizer with SHA-256 %s to version %d of the corpus, made"
              + " with that of SHA-256 %s: use the tokenizer.json of the corpus, or prepare all of"
              + " it anew in another directory.",
          added.tokenizer().sha256(), before.version(), before.tokenizer().sha256());
    }
    Map<String, Manifest.Split> splits = new LinkedHashMap<>(before.splits());
    added.splits().forEach((name, split) -> splits.merge(name, split, GrownManifest::sum));
    return new Manifest(
        before.formatVersion(),
        version,
        before.tokenizer(),
        before.dtype(),
        splits,
        sum(before.documents(), added.documents()),
        added.configuration());
  }

  private static Manifest.Split sum(Manifest.Split before, Manifest.Split added) {
    List<Manifest.File> files = new ArrayList<>(before.files());
    files.addAll(added.files());
    return new Manifest.Split(
        before.documents() + added.documents(),
        before.tokens() + added.tokens(),
        before.textBytes() + added.textBytes(),
        entropy(before, added),
        files);
  }

  /** Known where both are: the mean by bytes. */
  private static Double entropy(Manifest.Split before, Manifest.Split added) {
    if (before.entropyBitsPerByte() == null || added.entropyBitsPerByte() == null) {
      return null;
    }
    long bytes = before.textBytes() + added.textBytes();
    return bytes == 0
        ? 0
        : (before.entropyBitsPerByte() * before.textBytes()
                + added.entropyBitsPerByte() * added.textBytes())
            / bytes;
  }

  private static Manifest.Documents sum(Manifest.Documents before, Manifest.Documents added) {
    Map<String, Long> dropped = new TreeMap<>(before.dropped());
    added.dropped().forEach((reason, count) -> dropped.merge(reason, count, Long::sum));
    return new Manifest.Documents(
        before.read() + added.read(), before.kept() + added.kept(), dropped);
  }
}
