package io.polyspark.prep.pipeline;

import io.polyspark.model.config.UserError;
import io.polyspark.prep.read.ReadOptions;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/**
 * Where some of the documents come from.
 *
 * @param name letters, digits, dots, dashes and underscores; it is part of each document's identity
 * @param input files, directories and globs on any Hadoop file system
 * @param read how they are read
 * @param weight how often each document is trained on, in epochs: 2 for twice; 0.5 leaves out every
 *     second one, 0 the whole source
 * @param validationFraction share of the documents that is held out; empty: as all sources
 */
public record Source(
    String name,
    List<String> input,
    ReadOptions read,
    double weight,
    OptionalDouble validationFraction) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /** More epochs than that teach nothing (Muennighoff et al., arXiv 2305.16264, section 5). */
  private static final double MOST_EPOCHS = 1000;

  /**
   * Checks the settings.
   *
   * @throws UserError naming the source and what is wrong with it
   */
  public Source {
    input = List.copyOf(input);
    if (!NAME.matcher(name).matches()) {
      throw UserError.of(
          "The source name '%s' cannot be used; take letters, digits, dots, dashes and"
              + " underscores, beginning with a letter or digit.",
          name);
    }
    if (input.isEmpty()) {
      throw UserError.of("The source %s has no input; name files, directories or globs.", name);
    }
    if (!(weight >= 0 && weight <= MOST_EPOCHS)) {
      throw UserError.of(
          "The weight of the source %s is %s; it must lie from 0 to %.0f epochs.",
          name, weight, MOST_EPOCHS);
    }
    double fraction = validationFraction.orElse(0);
    if (!(fraction >= 0 && fraction < 1)) {
      throw UserError.of(
          "The validation_fraction of the source %s is %s; it must lie from 0 to below 1.",
          name, fraction);
    }
  }

  /** The same, read in another way. */
  Source withRead(ReadOptions value) {
    return new Source(name, input, value, weight, validationFraction);
  }

  /** The files of an input with defaults for the rest. */
  public static Source of(String name, List<String> input) {
    return new Source(name, input, ReadOptions.defaults(), 1, OptionalDouble.empty());
  }
}
