package io.polyspark.study;

import io.polyspark.model.config.ConfigFile;
import io.polyspark.model.tensor.Device;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a study is to do, as {@link StudyFile} reads it.
 *
 * @param train the keys of a training configuration that all cells have in common
 * @param axes what they differ in
 * @param matching how models are made as large as each other, where they are
 * @param baseline what the settings of an axis are held against
 * @param repeats the axis over which means are taken, such as {@code seed}; empty where there is
 *     none
 * @param analysis how checkpoints are analysed
 * @param tasks request files that checkpoints are scored on; empty for none
 * @param data token shards; empty for the built-in text
 * @param parallel how many runs train side by side at most; 0 for as many as the cluster has room
 *     for
 * @param cells all combinations of the settings, the last axis varying fastest
 */
public record StudyConfig(
    Map<String, Object> train,
    List<Axis> axes,
    Optional<ParameterMatching> matching,
    Baseline baseline,
    Optional<String> repeats,
    Analysing analysis,
    Optional<String> tasks,
    Optional<String> data,
    int parallel,
    List<Cell> cells) {
  /**
   * What the settings of an axis are held against.
   *
   * @param axis the one whose settings are compared
   * @param setting the one that the others are held against
   */
  public record Baseline(String axis, String setting) {}

  /**
   * How checkpoints are analysed.
   *
   * @param maxTokens on at most so many tokens of the validation split; 0 for not at all
   */
  public record Analysing(long maxTokens) {}

  public StudyConfig {
    train = new LinkedHashMap<>(train);
    axes = List.copyOf(axes);
    cells = List.copyOf(cells);
  }

  /** The same on other data. */
  public StudyConfig withData(String directory) {
    return new StudyConfig(
        train,
        axes,
        matching,
        baseline,
        repeats,
        analysis,
        tasks,
        Optional.of(directory),
        parallel,
        cells);
  }

  /** The same, where it has been found out what computes it. */
  public StudyConfig on(Device device) {
    return new StudyConfig(
        train,
        axes,
        matching,
        baseline,
        repeats,
        analysis,
        tasks,
        data,
        parallel,
        cells.stream()
            .map(cell -> new Cell(cell.name(), cell.settings(), cell.training().on(device)))
            .toList());
  }

  /** The axes beside the one that is compared and the one of the repeats. */
  public List<Axis> otherAxes() {
    return axes.stream()
        .filter(axis -> !axis.name().equals(baseline.axis()))
        .filter(axis -> !repeats.equals(Optional.of(axis.name())))
        .toList();
  }

  /** The axis whose settings are compared. */
  public Axis comparedAxis() {
    return axes.stream()
        .filter(axis -> axis.name().equals(baseline.axis()))
        .findFirst()
        .orElseThrow();
  }

  /** A file that {@link StudyFile#load} reads, in which nothing is left to other files. */
  public String toYaml() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("train", train);
    Map<String, Object> grid = new LinkedHashMap<>();
    for (Axis axis : axes) {
      Map<String, Object> settings = new LinkedHashMap<>();
      axis.settings().forEach(setting -> settings.put(setting.name(), setting.keys()));
      grid.put(axis.name(), settings);
    }
    values.put("grid", grid);
    matching.ifPresent(
        match -> {
          Map<String, Object> keys = new LinkedHashMap<>();
          keys.put("activation", match.activation());
          keys.put("multiple_of", match.multipleOf());
          values.put("match_parameters", keys);
        });
    values.put("baseline", Map.of(baseline.axis(), baseline.setting()));
    repeats.ifPresent(axis -> values.put("repeats", axis));
    values.put("analysis", Map.of("max_tokens", analysis.maxTokens()));
    tasks.ifPresent(directory -> values.put("evaluation", Map.of("tasks", directory)));
    data.ifPresent(directory -> values.put("data", directory));
    values.put("parallel", parallel == 0 ? "auto" : parallel);
    return ConfigFile.write(values);
  }
}
