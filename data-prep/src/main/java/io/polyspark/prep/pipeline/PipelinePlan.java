package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import io.polyspark.model.read.ReadLimits;
import io.polyspark.model.read.WholeFile;
import io.polyspark.model.tokenize.ByteTokenizer;
import io.polyspark.model.tokenize.Sha256;
import io.polyspark.model.tokenize.Tokenizer;
import io.polyspark.prep.PrepareOptions;
import io.polyspark.prep.decontaminate.Decontaminate;
import io.polyspark.prep.decontaminate.EvaluationNgrams;
import io.polyspark.prep.filter.BadWords;
import io.polyspark.prep.filter.FilterPipeline;
import io.polyspark.prep.filter.Stage;
import io.polyspark.prep.read.InputFile;
import io.polyspark.prep.read.InputFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A configuration with all that it names found and read: the input's files, the lists of words and
 * texts, the tokenizer. Made before Spark starts, so that what is missing is said at once.
 */
public final class PipelinePlan {
  /** The files of one source, in their order. */
  record SourceFiles(Source source, List<InputFile> files) {}

  private final PipelineConfig config;
  private final List<SourceFiles> inputs;
  private final FilterPipeline cleaning;
  private final FilterPipeline finishing;
  private final byte[] tokenizerJson;
  private final String listsSha256;

  private PipelinePlan(
      PipelineConfig config,
      List<SourceFiles> inputs,
      FilterPipeline cleaning,
      FilterPipeline finishing,
      byte[] tokenizerJson,
      String listsSha256) {
    this.config = config;
    this.inputs = inputs;
    this.cleaning = cleaning;
    this.finishing = finishing;
    this.tokenizerJson = tokenizerJson;
    this.listsSha256 = listsSha256;
  }

  /**
   * Finds and reads what a configuration names.
   *
   * @throws UserError naming what is missing, empty, damaged, or in two sources
   */
  public static PipelinePlan of(PipelineConfig config, Configuration configuration) {
    return of(config, configuration, InputFiles::list);
  }

  /**
   * As {@link #of}, for a corpus that grows: a source may have no files for a night.
   *
   * @throws UserError as the other
   */
  public static PipelinePlan ofGrowing(PipelineConfig config, Configuration configuration) {
    return of(config, configuration, InputFiles::listThoseThere);
  }

  private static PipelinePlan of(
      PipelineConfig config,
      Configuration configuration,
      BiFunction<List<String>, Configuration, List<InputFile>> list) {
    return new PipelinePlan(
        config,
        inputs(config, configuration, list),
        new FilterPipeline(cleaning(config, configuration), config.samples(), config.seed()),
        new FilterPipeline(finishing(config, configuration), config.samples(), config.seed()),
        tokenizerJson(config, configuration),
        listsSha256(config, configuration));
  }

  /** The same for some of the files. */
  PipelinePlan withInputs(List<SourceFiles> some) {
    return new PipelinePlan(config, some, cleaning, finishing, tokenizerJson, listsSha256);
  }

  /** The same for tasks that have so much memory. */
  PipelinePlan withTaskBytes(long bytes) {
    return withInputs(
        inputs.stream()
            .map(
                input ->
                    new SourceFiles(
                        input.source().withRead(input.source().read().withTaskBytes(bytes)),
                        input.files()))
            .toList());
  }

  /** What it was made from. */
  PipelineConfig config() {
    return config;
  }

  /** The files of the sources that are read, in the order of the configuration. */
  List<SourceFiles> inputs() {
    return inputs;
  }

  /** What comes before deduplication. */
  FilterPipeline cleaning() {
    return cleaning;
  }

  /** What comes after it. */
  FilterPipeline finishing() {
    return finishing;
  }

  /** Bytes of all files. */
  long bytes() {
    return inputs.stream()
        .flatMap(input -> input.files().stream())
        .mapToLong(InputFile::length)
        .sum();
  }

  /**
   * SHA-256 of the lists of words and the evaluation sets by path, length and time, since these,
   * too, decide what documents are left.
   */
  String listsSha256() {
    return listsSha256;
  }

  /** The tokenizer's file; not to be changed. */
  byte[] tokenizerJson() {
    return tokenizerJson;
  }

  private static List<SourceFiles> inputs(
      PipelineConfig config,
      Configuration configuration,
      BiFunction<List<String>, Configuration, List<InputFile>> list) {
    List<SourceFiles> inputs = new ArrayList<>();
    Map<String, String> owners = new HashMap<>();
    for (Source source : config.used()) {
      List<InputFile> files = list.apply(source.input(), configuration);
      for (InputFile file : files) {
        String owner = owners.putIfAbsent(file.uri(), source.name());
        if (owner != null) {
          throw UserError.of(
              "%s is in the source %s and in the source %s; name each file in one source.",
              InputFile.display(file.path()), owner, source.name());
        }
      }
      inputs.add(new SourceFiles(source, files));
    }
    return inputs;
  }

  private static List<Stage> cleaning(PipelineConfig config, Configuration configuration) {
    List<Stage> stages = new ArrayList<>();
    config.normalize().ifPresent(stages::add);
    config.languages().ifPresent(stages::add);
    config.gopherRepetition().ifPresent(stages::add);
    config.gopherQuality().ifPresent(stages::add);
    config.c4().ifPresent(stages::add);
    config.fineweb().ifPresent(stages::add);
    config.badWords().ifPresent(file -> stages.add(BadWords.read(file, configuration)));
    return stages;
  }

  private static List<Stage> finishing(PipelineConfig config, Configuration configuration) {
    List<Stage> stages = new ArrayList<>();
    config
        .decontaminate()
        .ifPresent(
            what ->
                stages.add(
                    new Decontaminate(
                        EvaluationNgrams.read(what.evaluations(), what.words(), configuration),
                        what.maxShare(),
                        what.action())));
    config.maskAddresses().ifPresent(stages::add);
    return stages;
  }

  private static byte[] tokenizerJson(PipelineConfig config, Configuration configuration) {
    if (config.tokenizer().equals(PrepareOptions.BYTE_TOKENIZER)) {
      try (Tokenizer bytes = new ByteTokenizer()) {
        return bytes.json();
      }
    }
    Path path = new Path(config.tokenizer());
    byte[] json;
    try {
      json = WholeFile.read(path.getFileSystem(configuration), path, ReadLimits.TOKENIZER);
    } catch (IOException e) {
      throw new UserError(
          String.format(
              "Cannot read the tokenizer %s (%s); give byte or the path of a tokenizer.json.",
              config.tokenizer(), e.getMessage()),
          e);
    }
    Tokenizer.load(json, config.tokenizer()).close();
    return json;
  }

  private static String listsSha256(PipelineConfig config, Configuration configuration) {
    List<String> lists = new ArrayList<>();
    config.badWords().ifPresent(lists::add);
    config.decontaminate().ifPresent(what -> lists.addAll(what.evaluations()));
    StringBuilder files = new StringBuilder();
    if (!lists.isEmpty()) {
      InputFiles.list(lists, configuration)
          .forEach(file -> files.append(file.identity()).append('\n'));
    }
    return Sha256.hex(files.toString().getBytes(StandardCharsets.UTF_8));
  }
}
