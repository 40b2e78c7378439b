package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import io.polyspark.model.shards.Manifest;
import io.polyspark.model.shards.TokenType;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.filter.StageReport.Volume;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.SideCounts;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What stages did, as the manifest of what they made. */
final class Manifests {
  private Manifests() {}

  /** The manifest of the shards of one run. */
  static Manifest of(
      PipelineConfig config,
      Tokenizer tokenizer,
      Stages.Tokenized tokenized,
      Map<Side, List<Manifest.File>> files) {
    return new Manifest(
        Manifest.FORMAT_VERSION,
        new Manifest.TokenizerIdentity(
            tokenizer.sha256(), tokenizer.vocabSize(), tokenizer.endOfText()),
        TokenType.forVocabulary(tokenizer.vocabSize()).dtype(),
        splits(tokenized.tokens(), files),
        documents(tokenized),
        Settings.of(config));
  }

  /**
   * Refuses what nobody could train on.
   *
   * @throws UserError naming the split that is empty and what became of the documents
   */
  static void refuseEmpty(Stages.Tokenized tokenized) {
    for (Side side : Side.values()) {
      if (tokenized.tokens().side(side).tokens() == 0) {
        throw UserError.of(
            "No document is left for the %s split (%s); give more text, other filters, or another"
                + " validation_fraction.",
            side.directory(), summary(documents(tokenized)));
      }
    }
  }

  private static String summary(Manifest.Documents documents) {
    return "%,d %s read, left out: %s"
        .formatted(
            documents.read(),
            documents.read() == 1 ? "document" : "documents",
            documents.dropped().isEmpty()
                ? "none"
                : documents.dropped().entrySet().stream()
                    .map(of -> "%s %,d".formatted(of.getKey(), of.getValue()))
                    .collect(Collectors.joining(", ")));
  }

  private static Map<String, Manifest.Split> splits(
      TokenReport report, Map<Side, List<Manifest.File>> files) {
    Map<String, Manifest.Split> splits = new LinkedHashMap<>();
    for (Side side : Side.values()) {
      SideCounts counts = report.side(side);
      splits.put(
          side.directory(),
          new Manifest.Split(
              counts.documents(), counts.tokens(), counts.textBytes(), null, files.get(side)));
    }
    return splits;
  }

  private static Manifest.Documents documents(Stages.Tokenized tokenized) {
    Volume read = CleanReport.total(tokenized.clean().read());
    return new Manifest.Documents(
        read.documents() + tokenized.clean().allRejected(),
        tokenized.tokens().documents(),
        dropped(tokenized));
  }

  /** Documents left out, by step and rule. */
  private static Map<String, Long> dropped(Stages.Tokenized done) {
    TreeMap<String, Long> dropped = new TreeMap<>(done.clean().rejected());
    dropped.putAll(done.clean().filters().removed());
    dropped.putAll(done.tokens().filters().removed());
    done.deduplicated()
        .ifPresent(
            found -> {
              dropped.put("deduplicate.exact", found.statistics().exactDuplicates());
              dropped.put("deduplicate.near", found.statistics().nearDuplicates());
            });
    dropped.put("empty", done.clean().empty() + done.tokens().empty());
    dropped.put("weight", done.tokens().leftOut());
    dropped.values().removeIf(count -> count == 0);
    return dropped;
  }
}
