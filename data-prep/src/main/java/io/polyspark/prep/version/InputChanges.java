package io.polyspark.prep.version;

import io.polyspark.prep.read.InputFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What has become of the inputs since a version was made, each list by source and path. A file is
 * known by its source and path. Of the same length and modification time it is taken to be
 * unchanged and not read; otherwise its SHA-256 says so.
 *
 * @param added files that no run has accepted
 * @param changed files that were accepted with other bytes
 * @param unchanged files whose bytes were accepted, with their modification times now
 * @param gone accepted files that are not there any more; what was made of them stays
 */
public record InputChanges(
    List<AcceptedInput> added,
    List<AcceptedInput> changed,
    List<AcceptedInput> unchanged,
    List<AcceptedInput> gone) {
  private static final Comparator<AcceptedInput> BY_PLACE =
      Comparator.comparing(AcceptedInput::source).thenComparing(AcceptedInput::uri);

  /** What a file is known by. */
  private record Place(String source, String uri) {
    static Place of(AcceptedInput input) {
      return new Place(input.source(), input.uri());
    }

    static Place of(FoundInput input) {
      return new Place(input.source(), input.file().uri());
    }
  }

  /**
   * Compares.
   *
   * @param accepted what the version has, see {@link CorpusState#inputs}; empty for the first
   * @param found the files of all sources as they are now
   * @throws io.polyspark.model.config.UserError naming a file that has gone in the meantime
   */
  public static InputChanges between(
      JavaSparkContext spark, List<AcceptedInput> accepted, List<FoundInput> found) {
    Map<Place, AcceptedInput> before = new LinkedHashMap<>();
    accepted.forEach(input -> before.put(Place.of(input), input));
    List<AcceptedInput> unchanged = new ArrayList<>();
    List<FoundInput> toRead = new ArrayList<>();
    List<AcceptedInput> added = new ArrayList<>();
    List<AcceptedInput> changed = new ArrayList<>();
    for (FoundInput now : found) {
      AcceptedInput known = before.get(Place.of(now));
      if (known != null
          && known.length() == now.file().length()
          && known.modificationTime() == now.modificationTime()) {
        unchanged.add(known);
      } else {
        toRead.add(now);
      }
    }
    List<String> sums =
        InputSums.of(spark, toRead.stream().map(input -> input.file().uri()).toList());
    for (int i = 0; i < toRead.size(); i++) {
      AcceptedInput now = withSum(toRead.get(i), sums.get(i));
      AcceptedInput known = before.get(Place.of(now));
      if (known == null) {
        added.add(now);
      } else if (known.sha256().equals(now.sha256())) {
        unchanged.add(now);
      } else {
        changed.add(now);
      }
    }
    found.forEach(input -> before.remove(Place.of(input)));
    return new InputChanges(
        sorted(added),
        sorted(changed),
        sorted(unchanged),
        sorted(new ArrayList<>(before.values())));
  }

  /** Whether there is nothing to read. */
  public boolean isEmpty() {
    return added.isEmpty() && changed.isEmpty();
  }

  /** The files of a source to read: new and changed ones, by path. */
  public List<InputFile> toRead(String source) {
    return Stream.concat(added.stream(), changed.stream())
        .filter(input -> input.source().equals(source))
        .sorted(BY_PLACE)
        .map(input -> new InputFile(input.uri(), input.length(), input.modificationTime()))
        .toList();
  }

  /** What the next version has accepted, those that are gone included, for they may come back. */
  public List<AcceptedInput> accepted() {
    return sorted(Stream.of(added, changed, unchanged, gone).flatMap(List::stream).toList());
  }

  private static AcceptedInput withSum(FoundInput input, String sha256) {
    return new AcceptedInput(
        input.source(),
        input.file().uri(),
        input.file().length(),
        input.modificationTime(),
        sha256);
  }

  private static List<AcceptedInput> sorted(List<AcceptedInput> inputs) {
    return inputs.stream().sorted(BY_PLACE).toList();
  }
}
