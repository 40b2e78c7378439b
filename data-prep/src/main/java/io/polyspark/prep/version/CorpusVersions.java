package io.polyspark.prep.version;

import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.WholeFile;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.ManifestFiles;
import io.polyspark.model.shards.TokenShards;
import io.polyspark.model.tokenize.Sha256;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.shard.PlainFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The versions of a corpus in its directory. A version, once written, is never changed, and its
 * number is never given to another; which one is current is what {@code manifest.json} says, and
 * that file is replaced in one step. So a run may end anywhere: what it has not made current is
 * nobody's, and readers of any version see the same bytes for as long as it is not pruned.
 *
 * <p>Who changes anything holds the corpus' {@link Lease}.
 */
public final class CorpusVersions {
  private static final Pattern STATE = Pattern.compile("(\\d{6,18})\\.json");

  private final FileSystem fs;
  private final Path data;

  /** As {@link #open}, on a file system that is given. */
  public CorpusVersions(FileSystem fs, Path data) {
    this.fs = fs;
    this.data = fs.makeQualified(data);
  }

  /**
   * Opens a corpus, or a place where one is to be.
   *
   * @param data its directory
   */
  public static CorpusVersions open(Path data, Configuration configuration) throws IOException {
    return new CorpusVersions(PlainFiles.open(data, configuration), data);
  }

  /** The name in the manifest of a file that a version adds, {@code train/000002-00000.npy}. */
  public static String shardName(String split, long version, int number) {
    return String.format(Locale.ROOT, "%s/%06d-%05d.npy", split, version, number);
  }

  /** The name of the batch that a version adds to the deduplication index. */
  public static String batchName(long version) {
    return String.format(Locale.ROOT, "batch-%06d", version);
  }

  /** The corpus' directory, with its file system. */
  public Path directory() {
    return data;
  }

  /** The deduplication index's directory. */
  public Path index() {
    return index(data);
  }

  /**
   * Where runs keep their tables until a version is published. They may name batches of the index
   * that no version has yet, so what removes those removes them too.
   */
  public Path work() {
    return work(data);
  }

  /**
   * The current version; empty where none ever was.
   *
   * @throws UserError if the corpus has no versions, or what makes up the current one is missing or
   *     damaged
   */
  public Optional<CorpusVersion> current() throws IOException {
    if (!fs.exists(new Path(data, Manifest.FILE))) {
      refuseLostManifest();
      return Optional.empty();
    }
    Manifest manifest = Manifest.read(fs, data);
    if (manifest.version() == null) {
      throw UserError.of(
          "%s was not prepared as a corpus that grows: its manifest.json has no version, so what it"
              + " was made of is not known; prepare it anew in another directory.",
          InputFile.display(data));
    }
    return Optional.of(new CorpusVersion(manifest, state(manifest.version())));
  }

  /**
   * A version, current or not.
   *
   * @throws UserError if what makes it up is missing or damaged
   */
  public CorpusVersion version(long number) {
    return new CorpusVersion(
        Manifest.read(fs, ManifestFiles.ofVersion(data, number)), state(number));
  }

  /** The numbers of all versions whose manifests are there, current or not. */
  public NavigableSet<Long> versions() {
    return new TreeSet<>(ManifestFiles.versions(fs, data).keySet());
  }

  /** The number of the next version: above all that anybody may have seen, wherever a run ended. */
  public long nextVersion() throws IOException {
    NavigableSet<Long> all = versions();
    all.addAll(stateNumbers());
    return all.isEmpty() ? 1 : all.last() + 1;
  }

  /** Removes what runs that did not come to their end have left, whatever it is. */
  public void removeLeftovers(Lease lease) throws IOException {
    lease.check();
    Set<String> files = new HashSet<>();
    Set<String> batches = new HashSet<>();
    for (Path file : ManifestFiles.versions(fs, data).values()) {
      Manifest manifest = Manifest.read(fs, file);
      files.addAll(VersionCheck.names(manifest));
      batches.addAll(state(manifest.version()).indexBatches());
    }
    new Leftovers(fs, data).remove(files, batches);
  }

  /**
   * Removes shards that a run which did not come to its end has left under the number of a version
   * that is not there yet.
   */
  public void removeShards(long version, Lease lease) throws IOException {
    if (versions().contains(version)) {
      throw new IllegalArgumentException("version " + version + " is there and keeps its shards");
    }
    lease.check();
    for (String split : List.of(TokenShards.TRAIN, TokenShards.VALIDATION)) {
      String ofVersion = shardName(split, version, 0).replaceFirst("-0+\\.", "-*.");
      FileStatus[] left = fs.globStatus(new Path(data, ofVersion));
      for (FileStatus shard : left == null ? new FileStatus[0] : left) {
        fs.delete(shard.getPath(), false);
      }
    }
  }

  /**
   * Sees whether ids of a tokenizer can be added.
   *
   * @throws UserError if versions were made with another
   */
  public void requireTokenizer(byte[] json) throws IOException {
    Optional<byte[]> there = tokenizer();
    if (there.isPresent() && !Arrays.equals(there.get(), json) && !versions().isEmpty()) {
      throw UserError.of(
          "%s is not the tokenizer of this run, whose SHA-256 is %s: use that of the corpus, or"
              + " prepare all of it anew in another directory.",
          InputFile.display(new Path(data, Manifest.TOKENIZER_FILE)), Sha256.hex(json));
    }
  }

  /**
   * Writes {@code DATA/tokenizer.json}, unless it is there. That of a run whose first version was
   * never published is replaced.
   *
   * @throws UserError if versions were made with another
   */
  public void writeTokenizer(byte[] json, Lease lease) throws IOException {
    lease.check();
    requireTokenizer(json);
    if (tokenizer().filter(there -> Arrays.equals(there, json)).isEmpty()) {
      RenamedFile.replace(fs, new Path(data, Manifest.TOKENIZER_FILE), json);
    }
  }

  private Optional<byte[]> tokenizer() throws IOException {
    try {
      return Optional.of(
          WholeFile.read(fs, new Path(data, Manifest.TOKENIZER_FILE), ReadLimits.TOKENIZER));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  /**
   * Makes a version of files that are there, and makes it current. The state comes first, then the
   * version's manifest, and {@code manifest.json} last: until that is replaced, the version before
   * is current, and a run that comes then passes over the number.
   *
   * @param manifest all files of the version, those of the version before first
   * @param state of the same version
   * @throws UserError if the lease was lost, or for a manifest too large to be read again
   */
  public void publish(Manifest manifest, CorpusState state, Lease lease) throws IOException {
    new VersionCheck(fs, data).check(current(), nextVersion(), manifest, state);
    byte[] bytes = manifest.bytes();
    if (bytes.length > ReadLimits.MANIFEST) {
      throw UserError.of(
          "%s would have so many files of shards that its manifest takes %,d MB, and %,d MB are read:"
              + " raise shard_tokens, or prepare a part of the input in another directory.",
          InputFile.display(data), bytes.length >> 20, ReadLimits.MANIFEST >> 20);
    }
    lease.check();
    RenamedFile.create(fs, state(data, state.version()), state.bytes());
    RenamedFile.create(fs, ManifestFiles.ofVersion(data, state.version()), bytes);
    lease.check();
    RenamedFile.replace(fs, new Path(data, Manifest.FILE), bytes);
  }

  /**
   * Makes an older version current, or a later one that an earlier call has left. The others stay
   * for their readers, and keep their numbers.
   *
   * @param version empty: the one that the current one was made from
   * @throws UserError if there is no such version or its files are not there, or if the lease was
   *     lost
   */
  public CorpusVersion rollBack(OptionalLong version, Lease lease) throws IOException {
    long target = version.isPresent() ? version.getAsLong() : parentOfCurrent();
    if (!versions().contains(target)) {
      throw UserError.of(
          "%s has no version %d; it has %s.", InputFile.display(data), target, known());
    }
    Path file = ManifestFiles.ofVersion(data, target);
    Manifest manifest = Manifest.read(fs, file);
    CorpusVersion found = new CorpusVersion(manifest, state(target));
    manifest.requireTokenizer(fs, file);
    for (String name : VersionCheck.names(manifest)) {
      if (!fs.exists(new Path(data, name))) {
        throw UserError.of(
            "Version %d of %s lacks %s; roll back to another one.",
            target, InputFile.display(data), name);
      }
    }
    byte[] bytes = WholeFile.read(fs, file, ReadLimits.MANIFEST);
    lease.check();
    RenamedFile.replace(fs, new Path(data, Manifest.FILE), bytes);
    return found;
  }

  /**
   * What {@link #prune} refuses, for whoever changes something else before.
   *
   * @throws UserError if not even the current version is kept
   */
  public static void requireKept(int keep) {
    if (keep < 1) {
      throw UserError.of("At least the current version is kept, not %d versions.", keep);
    }
  }

  /**
   * Removes all versions but the current one and the newest others. Who reads one of them, or
   * resumes a run on it, cannot go on.
   *
   * @param keep how many to keep, the current one included, at least 1
   * @return the numbers of those removed
   */
  public NavigableSet<Long> prune(int keep, Lease lease) throws IOException {
    requireKept(keep);
    long current = requireCurrent().state().version();
    NavigableSet<Long> removed = versions();
    removed.remove(current);
    for (int others = 1; others < keep && !removed.isEmpty(); others++) {
      removed.pollLast();
    }
    lease.check();
    long newest = nextVersion() - 1;
    for (long version : removed) {
      // First, so that a reader who comes now finds no version rather than half of one.
      fs.delete(ManifestFiles.ofVersion(data, version), false);
    }
    NavigableSet<Long> kept = versions();
    for (long version : stateNumbers()) {
      // The newest state says which numbers have been used.
      if (!kept.contains(version) && version != newest) {
        fs.delete(state(data, version), false);
      }
    }
    removeLeftovers(lease);
    return removed;
  }

  static Path states(Path data) {
    return new Path(data, "_state");
  }

  static Path work(Path data) {
    return new Path(data, "_work");
  }

  static Path index(Path data) {
    return new Path(states(data), "index");
  }

  private static Path state(Path data, long version) {
    return new Path(states(data), String.format(Locale.ROOT, "%06d.json", version));
  }

  private CorpusState state(long version) {
    return CorpusState.read(fs, state(data, version), version);
  }

  /** A first run that has not come to its end has left no version that another followed. */
  private void refuseLostManifest() throws IOException {
    for (long version : versions()) {
      OptionalLong parent = state(version).before();
      if (parent.isPresent()) {
        throw UserError.of(
            "%s has lost its manifest.json; roll back to one of its versions, %s, to make it"
                + " current.",
            InputFile.display(data), known());
      }
    }
  }

  private long parentOfCurrent() throws IOException {
    CorpusVersion current = requireCurrent();
    return current
        .state()
        .before()
        .orElseThrow(
            () ->
                UserError.of(
                    "%s has no version before the current one, %d; it has %s.",
                    InputFile.display(data), current.state().version(), known()));
  }

  private CorpusVersion requireCurrent() throws IOException {
    return current()
        .orElseThrow(() -> UserError.of("%s has no version yet.", InputFile.display(data)));
  }

  private String known() {
    List<String> numbers = versions().stream().map(String::valueOf).toList();
    return numbers.isEmpty() ? "none" : String.join(", ", numbers);
  }

  private NavigableSet<Long> stateNumbers() throws IOException {
    NavigableSet<Long> numbers = new TreeSet<>();
    try {
      for (FileStatus status : fs.listStatus(states(data))) {
        Matcher name = STATE.matcher(status.getPath().getName());
        if (name.matches()) {
          numbers.add(Long.parseLong(name.group(1)));
        }
      }
    } catch (FileNotFoundException e) {
      return numbers;
    }
    return numbers;
  }
}
