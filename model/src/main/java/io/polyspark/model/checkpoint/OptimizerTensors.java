package io.polyspark.model.checkpoint;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.FlatVector;
import io.polyspark.model.transformer.ParameterLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.fs.Path;

/**
 * The names in {@code optimizer.safetensors}: it holds vectors as long as the parameters, each as
 * one tensor per parameter, named after it behind a prefix of the vector's own.
 */
final class OptimizerTensors {
  static final String FIRST_MOMENT = "exp_avg.";
  static final String SECOND_MOMENT = "exp_avg_sq.";

  private static final int MOST_VECTORS = 16;

  private OptimizerTensors() {}

  /** The prefix of a vector of the outer optimizer's state. */
  static String outer(String name) {
    return "outer." + name + ".";
  }

  /** What to write; empty where there is no state. Nothing is copied. */
  static List<TensorEntry> entries(Checkpoint.Contents contents) {
    Map<String, FlatVector> vectors = new LinkedHashMap<>();
    contents
        .averaged()
        .ifPresent(
            moments -> {
              vectors.put(FIRST_MOMENT, moments.first());
              vectors.put(SECOND_MOMENT, moments.second());
            });
    contents.outer().forEach((name, values) -> vectors.put(outer(name), values));
    List<TensorEntry> entries = new ArrayList<>();
    vectors.forEach(
        (prefix, values) ->
            entries.addAll(ModelTensors.of(contents.model(), prefix).entries(values)));
    return entries;
  }

  /**
   * The prefixes of a file's vectors: what stands before the name of the first parameter.
   *
   * @throws UserError if there are far more than any optimizer has
   */
  static Set<String> prefixes(Path file, Set<String> names, ModelConfig model) {
    String first = ParameterLayout.of(model).entries().get(0).name();
    Set<String> prefixes = new LinkedHashSet<>();
    for (String name : names) {
      if (name.endsWith("." + first)) {
        prefixes.add(name.substring(0, name.length() - first.length()));
      }
    }
    if (prefixes.size() > MOST_VECTORS) {
      throw UserError.of(
          "%s holds %d vectors as long as the parameters, more than any optimizer keeps; take it"
              + " from its source again.",
          file, prefixes.size());
    }
    return prefixes;
  }
}
