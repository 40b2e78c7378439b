package io.polyspark.prep.pipeline;

import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.config.ConfigSection;
import io.polyspark.model.config.Overrides;
import io.polyspark.model.config.UserError;
import io.polyspark.prep.DocumentSeparator;
import io.polyspark.prep.PrepareOptions;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.read.Format;
import io.polyspark.prep.read.ReadOptions;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a {@link PipelineConfig} from a YAML file. Every key but {@code sources} has a default. */
public final class PipelineFile {
  /** The key of the sources, which a command line may give instead. */
  public static final String SOURCES = "sources";

  private static final Pattern PERCENT = Pattern.compile("(\\d+(?:\\.\\d+)?) ?%");
  private static final int MOST_SAMPLES = 1000;

  private PipelineFile() {}

  /**
   * Reads a file.
   *
   * @param overrides {@code key=value}, keys dotted, over what the file says
   * @param input where it is not empty, files, directories and globs in place of those of the
   *     file's sources, which then must be one at most
   * @throws UserError naming the file or override, the key, what was found and what is accepted
   */
  public static PipelineConfig load(Path file, List<String> overrides, List<String> input) {
    Map<String, Object> values = new LinkedHashMap<>(ConfigFile.read(file));
    if (!input.isEmpty()) {
      replaceInput(values, input, file);
    }
    Overrides set = Overrides.parse(overrides);
    set.applyTo(values, file.toString());
    return read(
        file.getFileName().toString().replaceFirst("\\.ya?ml$", ""),
        ConfigSection.root(
            key -> set.origin(key).orElse(file.toString()),
            values,
            SOURCES,
            "normalize",
            "languages",
            "gopher_repetition",
            "gopher_quality",
            "c4",
            "fineweb",
            "bad_words",
            "samples",
            "deduplicate",
            "decontaminate",
            "mask_addresses",
            "tokenizer",
            "validation_fraction",
            "shard_tokens",
            "seed",
            "max_rejected",
            "partition_bytes"));
  }

  private static void replaceInput(Map<String, Object> values, List<String> input, Path file) {
    Map<String, Object> source = new LinkedHashMap<>();
    String name = "input";
    if (values.get(SOURCES) instanceof Map<?, ?> there && !there.isEmpty()) {
      if (there.size() > 1) {
        throw UserError.of(
            "%s has %d sources, so that --input cannot say whose input it is: set"
                + " --set sources.NAME.input=PATH for each.",
            file, there.size());
      }
      Map.Entry<?, ?> only = there.entrySet().iterator().next();
      name = String.valueOf(only.getKey());
      if (only.getValue() instanceof Map<?, ?> settings) {
        settings.forEach((key, value) -> source.put(String.valueOf(key), value));
      }
    }
    source.put("input", input);
    Map<String, Object> sources = new LinkedHashMap<>();
    sources.put(name, source);
    values.put(SOURCES, sources);
  }

  private static PipelineConfig read(String name, ConfigSection root) {
    return new PipelineConfig(
        name,
        sources(root),
        StageSections.normalize(root),
        StageSections.languages(root),
        StageSections.gopherRepetition(root),
        StageSections.gopherQuality(root),
        StageSections.c4(root),
        StageSections.fineweb(root),
        StageSections.badWords(root),
        Math.toIntExact(root.whole("samples", FilterPipeline.DEFAULT_SAMPLE_SIZE, 0, MOST_SAMPLES)),
        StageSections.deduplicate(root),
        StageSections.decontaminate(root),
        StageSections.maskAddresses(root),
        root.text("tokenizer", PrepareOptions.BYTE_TOKENIZER),
        root.number(
            "validation_fraction",
            PrepareOptions.DEFAULT_VALIDATION_FRACTION,
            fraction -> fraction > 0 && fraction < 1,
            "a number between 0 and 1"),
        root.whole("shard_tokens", PrepareOptions.DEFAULT_SHARD_TOKENS, 2, Long.MAX_VALUE),
        root.whole("seed", PipelineConfig.DEFAULT_SEED, Long.MIN_VALUE, Long.MAX_VALUE),
        maxRejected(root),
        root.value("partition_bytes").isPresent()
            ? OptionalLong.of(root.whole("partition_bytes", 0, 1, Long.MAX_VALUE))
            : OptionalLong.empty());
  }

  private static List<Source> sources(ConfigSection root) {
    List<Source> sources = new ArrayList<>();
    root.named(
            SOURCES,
            "input",
            "format",
            "text_field",
            "document_separator",
            "max_document_bytes",
            "weight",
            "validation_fraction")
        .forEach((name, section) -> sources.add(source(name, section)));
    return sources;
  }

  private static Source source(String name, ConfigSection section) {
    ReadOptions read =
        ReadOptions.defaults()
            .withFormat(section.choice("format", Format.class, Format.AUTO))
            .withTextField(section.text("text_field", ReadOptions.DEFAULT_TEXT_FIELD))
            .withDocumentSeparator(
                section.choice(
                    "document_separator", DocumentSeparator.class, DocumentSeparator.FILE))
            .withMaxDocumentBytes(
                section.whole(
                    "max_document_bytes",
                    ReadOptions.LARGEST_DOCUMENT,
                    1,
                    ReadOptions.LARGEST_DOCUMENT));
    Optional<Object> held = section.value("validation_fraction");
    return new Source(
        name,
        section.texts("input", List.of()),
        read,
        section.number("weight", 1, weight -> weight >= 0, "a number of epochs of at least 0"),
        held.isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(
                section.number(
                    "validation_fraction",
                    0,
                    fraction -> fraction >= 0 && fraction < 1,
                    "a number from 0 to below 1")));
  }

  private static MaxRejected maxRejected(ConfigSection root) {
    Object found = root.value("max_rejected").orElse(0);
    if (found instanceof String text) {
      Matcher percent = PERCENT.matcher(text);
      if (percent.matches()) {
        double share = new BigDecimal(percent.group(1)).movePointLeft(2).doubleValue();
        if (share < 1) {
          return MaxRejected.share(share);
        }
      }
      throw root.mistake("max_rejected", "a number of documents, or a share such as 0.1%", found);
    }
    return MaxRejected.count(root.whole("max_rejected", 0, 0, Long.MAX_VALUE));
  }
}
