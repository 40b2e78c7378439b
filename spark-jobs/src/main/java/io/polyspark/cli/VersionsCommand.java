package io.polyspark.cli;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.shard.PlainFiles;
import io.polyspark.prep.version.CorpusVersion;
import io.polyspark.prep.version.CorpusVersions;
import io.polyspark.prep.version.Lease;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code polyspark versions}: which versions a corpus that grows has, and which one is current. */
@Command(
    name = "versions",
    description =
        "Say which versions a corpus that grows has; make another one current, or remove old ones.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  submit/polyspark versions --data data/web",
      "  submit/polyspark versions --data data/web --roll-back",
      "  submit/polyspark versions --data data/web --roll-back 3",
      "  submit/polyspark versions --data data/web --keep 7"
    })
final class VersionsCommand implements Callable<Integer> {
  private static final String PARENT = "";

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Directory that prep --incremental made.")
  private String data;

  @Option(
      names = "--roll-back",
      arity = "0..1",
      fallbackValue = PARENT,
      paramLabel = "N",
      description =
          "Make version N current, or the one that the current one was made from; the others stay"
              + " for their readers.")
  private String rollBack;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description = "Remove all but the current version and the newest others, N in all.")
  private Integer keep;

  @Option(names = "--json", description = "Print one JSON object as the last line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Path path = new Path(data);
    FileSystem fs = PlainFiles.open(path, SparkRuntime.hadoop());
    CorpusVersions versions = new CorpusVersions(fs, path);
    // One that has lost what makes its version current must be able to go back to another.
    if (versions.versions().isEmpty() && versions.current().isEmpty()) {
      throw UserError.of("%s is no corpus that grows; prep --incremental makes one.", data);
    }
    if (rollBack != null || keep != null) {
      try (Lease lease = Lease.take(fs, path)) {
        change(versions, lease);
      }
    }
    report(versions);
    return PolySpark.DONE;
  }

  private void change(CorpusVersions versions, Lease lease) throws IOException {
    if (keep != null) {
      CorpusVersions.requireKept(keep);
    }
    if (rollBack != null) {
      versions.rollBack(target(), lease);
    }
    if (keep != null) {
      NavigableSet<Long> removed = versions.prune(keep, lease);
      System.err.printf("Removed %s%n", removed.isEmpty() ? "no version" : removed);
    }
  }

  private OptionalLong target() {
    if (rollBack.equals(PARENT)) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(rollBack));
    } catch (NumberFormatException e) {
      throw new UserError("--roll-back takes the number of a version, not '" + rollBack + "'.", e);
    }
  }

  private void report(CorpusVersions versions) throws IOException {
    Optional<CorpusVersion> current = versions.current();
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      current.ifPresent(version -> object.put("current", version.state().version()));
      object.put("versions", versions.versions().stream().map(of -> facts(versions, of)).toList());
      JsonLine.print(object);
      return;
    }
    for (long number : versions.versions()) {
      boolean isCurrent =
          current.filter(version -> version.state().version() == number).isPresent();
      CorpusVersion version = versions.version(number);
      System.out.printf(
          "%s version %d: %,d documents, %,d tokens; files of input: %,d%n",
          isCurrent ? "*" : " ",
          number,
          version.manifest().documents().kept(),
          version.manifest().tokens(),
          version.state().inputs().size());
    }
  }

  private static Map<String, Object> facts(CorpusVersions versions, long number) {
    CorpusVersion version = versions.version(number);
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("version", number);
    facts.put("documents", version.manifest().documents().kept());
    facts.put("tokens", version.manifest().tokens());
    facts.put("inputs", version.state().inputs().size());
    return facts;
  }
}
