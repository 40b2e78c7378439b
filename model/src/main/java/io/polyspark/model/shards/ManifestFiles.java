package io.polyspark.model.shards;

import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.WholeFile;
import io.polyspark.model.tokenize.Sha256;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Where manifests lie. A corpus that grows has one for each of its versions, {@code
 * DATA/manifest-000001.json} and so on, and in {@code DATA/manifest.json} the bytes of the current
 * one. Wherever a corpus is named, either its directory may be, for the current version, or the
 * manifest of a version.
 */
public final class ManifestFiles {
  private static final Pattern VERSION = Pattern.compile("manifest-(\\d{6,18})\\.json");

  private ManifestFiles() {}

  /** The manifest of a corpus that is named by its directory or by a manifest. */
  public static Path file(Path data) {
    return isManifest(data) ? data : new Path(data, Manifest.FILE);
  }

  /** The directory of a corpus that is named by its directory or by a manifest. */
  public static Path directory(Path data) {
    if (!isManifest(data)) {
      return data;
    }
    return data.getParent() == null || data.getParent().toString().isEmpty()
        ? new Path(Path.CUR_DIR)
        : data.getParent();
  }

  /** The manifest of a version, from 1 on, in the directory of its corpus. */
  public static Path ofVersion(Path directory, long version) {
    return new Path(directory, String.format(Locale.ROOT, "manifest-%06d.json", version));
  }

  /** The version that a manifest's name says; empty for {@code manifest.json}. */
  public static OptionalLong version(Path file) {
    Matcher name = VERSION.matcher(file.getName());
    return name.matches() ? OptionalLong.of(Long.parseLong(name.group(1))) : OptionalLong.empty();
  }

  /** The manifests of all versions, current or not; empty for a corpus without versions. */
  public static NavigableMap<Long, Path> versions(FileSystem fs, Path data) {
    Path directory = directory(data);
    NavigableMap<Long, Path> versions = new TreeMap<>();
    try {
      for (FileStatus status : fs.listStatus(directory)) {
        Path file = status.getPath();
        version(file).ifPresent(version -> versions.put(version, file));
      }
      return versions;
    } catch (FileNotFoundException e) {
      return versions;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
  }

  /**
   * The same corpus for as long as somebody reads it: the manifest of the version that is current
   * now. A corpus without versions, and a version that is named, are what they are.
   *
   * @throws io.polyspark.model.config.UserError as {@link Manifest#read}
   */
  public static Path settle(FileSystem fs, Path data) {
    if (isManifest(data) && version(data).isPresent()) {
      return data;
    }
    Manifest manifest = Manifest.read(fs, data);
    if (manifest.version() == null) {
      return data;
    }
    Path file = ofVersion(directory(data), manifest.version());
    try {
      // A copy may have been made of the current version alone.
      return fs.exists(file) ? file : data;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot look for " + file, e);
    }
  }

  /**
   * The manifest of a version, the newest where several are the same.
   *
   * @param sha256 of the manifest, see {@link Manifest#sha256}
   */
  public static Optional<Path> withSum(FileSystem fs, Path data, String sha256) {
    for (Path file : versions(fs, data).descendingMap().values()) {
      try {
        if (Sha256.hex(WholeFile.read(fs, file, ReadLimits.MANIFEST)).equals(sha256)) {
          return Optional.of(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file, e);
      }
    }
    return Optional.empty();
  }

  private static boolean isManifest(Path data) {
    return data.getName().equals(Manifest.FILE) || version(data).isPresent();
  }
}
