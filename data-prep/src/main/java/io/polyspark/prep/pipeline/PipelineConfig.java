package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.decontaminate.Decontaminate;
import io.polyspark.prep.deduplicate.FingerprintOptions;
import io.polyspark.prep.filter.C4;
import io.polyspark.prep.filter.FineWeb;
import io.polyspark.prep.filter.GopherQuality;
import io.polyspark.prep.filter.GopherRepetition;
import io.polyspark.prep.mask.MaskAddresses;
import io.polyspark.prep.normalize.Languages;
import io.polyspark.prep.normalize.Normalize;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a pipeline does, stage by stage; a stage that is empty is left out. It says nothing of where
 * the result goes.
 *
 * @param name what reports call it
 * @param sources where documents come from, at least one with a weight above 0
 * @param normalize how text is written in one way
 * @param languages which languages stay
 * @param gopherRepetition Gopher's rules on repetition
 * @param gopherQuality Gopher's rules on quality
 * @param c4 C4's rules
 * @param fineweb FineWeb's rules
 * @param badWords a file of words and phrases, one a line, of which documents must have none
 * @param samples how many removed documents are kept for people to read, per rule
 * @param deduplicate which documents are taken for the same
 * @param decontaminate which texts documents must not overlap with
 * @param maskAddresses what stands for e-mail and IP addresses
 * @param tokenizer {@code byte}, or the path of a {@code tokenizer.json}
 * @param validationFraction share of a source's documents that is held out, between 0 and 1, where
 *     the source does not say
 * @param shardTokens about how many tokens a shard file has
 * @param seed of the order of the documents and of which are read once more
 * @param maxRejected how much of the input may be damaged
 * @param partitionBytes about how many bytes of input a task reads; empty: as the input's size and
 *     the cluster suggest. It does not change what comes out
 */
public record PipelineConfig(
    String name,
    List<Source> sources,
    Optional<Normalize> normalize,
    Optional<Languages> languages,
    Optional<GopherRepetition> gopherRepetition,
    Optional<GopherQuality> gopherQuality,
    Optional<C4> c4,
    Optional<FineWeb> fineweb,
    Optional<String> badWords,
    int samples,
    Optional<Deduplication> deduplicate,
    Optional<Decontamination> decontaminate,
    Optional<MaskAddresses> maskAddresses,
    String tokenizer,
    double validationFraction,
    long shardTokens,
    long seed,
    MaxRejected maxRejected,
    OptionalLong partitionBytes) {

  /** Any number; this one is the training's, too. */
  public static final long DEFAULT_SEED = 1337;

  /**
   * How documents are compared.
   *
   * @param fingerprints how texts are turned into hashes
   * @param verifyThreshold the least Jaccard similarity of near-duplicates; empty: a shared bucket
   *     is enough
   */
  public record Deduplication(FingerprintOptions fingerprints, OptionalDouble verifyThreshold) {}

  /**
   * What documents must not overlap with.
   *
   * @param evaluations files, directories and globs of evaluation sets
   * @param words n, the length of an overlap in words
   * @param maxShare the largest share of a document's n-grams that they may have
   * @param action what happens to a document above it
   */
  public record Decontamination(
      List<String> evaluations, int words, double maxShare, Decontaminate.Action action) {
    /** Copies the list. */
    public Decontamination {
      evaluations = List.copyOf(evaluations);
    }
  }

  /** Checks what can be checked without looking at any file. */
  public PipelineConfig {
    sources = List.copyOf(sources);
    if (sources.isEmpty()) {
      throw new UserError("sources is empty; name at least one source with its input.");
    }
    Set<String> names = new HashSet<>();
    for (Source source : sources) {
      if (!names.add(source.name())) {
        throw UserError.of(
            "The source %s is there twice; give each source a name of its own.", source.name());
      }
    }
    if (sources.stream().allMatch(source -> source.weight() == 0)) {
      throw new UserError(
          "Every source has a weight of 0, so that there is nothing to train on; give at least one"
              + " a weight above 0.");
    }
  }

  /** The sources that documents are read from. */
  List<Source> used() {
    return sources.stream().filter(source -> source.weight() > 0).toList();
  }

  /** Share of a source's documents that is held out. */
  double validationFraction(Source source) {
    return source.validationFraction().orElse(validationFraction);
  }
}
