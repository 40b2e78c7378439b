package io.polyspark.report;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.checkpoint.RunDirectory;
import io.polyspark.model.config.UserError;
import io.polyspark.model.generate.Generator;
import io.polyspark.model.generate.Sampling;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a checkpoint writes.
 *
 * @param round of the checkpoint
 * @param tokens that it was trained on
 * @param texts one per prompt
 */
public record Samples(int round, long tokens, List<RunSummary.Sample> texts) {
  private static final Logger LOG = LoggerFactory.getLogger(Samples.class);
  private static final int SAMPLE_TOKENS = 240;
  private static final double TEMPERATURE = 0.7;

  public Samples {
    texts = List.copyOf(texts);
  }

  /**
   * Lets the checkpoints of a run write, all with the same seeds. One that is damaged is left out.
   *
   * @param most of how many checkpoints, evenly spaced, the newest among them
   * @param prompts what texts begin with; empty to begin a document
   * @param seed of the first text; the next one has the next seed
   */
  public static List<Samples> of(
      FileSystem fs, ReportedRun run, int most, List<String> prompts, long seed)
      throws IOException {
    RunDirectory directory = new RunDirectory(fs, run.directory());
    int newest = run.checkpoint().trainer().round();
    List<Integer> kept =
        directory.rounds().stream().filter(round -> round < newest).sorted().toList();
    List<Samples> samples = new ArrayList<>();
    for (int round : evenly(kept, most - 1)) {
      Optional<Checkpoint> earlier = open(fs, directory, round);
      if (earlier.isPresent()) {
        samples.add(of(earlier.get(), prompts, seed));
      }
    }
    samples.add(of(run.checkpoint(), prompts, seed));
    return samples;
  }

  /** From the first on, so that with what comes after the last all are evenly spaced. */
  static List<Integer> evenly(List<Integer> rounds, int most) {
    int count = Math.min(most, rounds.size());
    List<Integer> chosen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chosen.add(rounds.get(i * rounds.size() / count));
    }
    return chosen;
  }

  private static Optional<Checkpoint> open(FileSystem fs, RunDirectory run, int round)
      throws IOException {
    try {
      return Optional.of(Checkpoint.open(fs, run.checkpoint(round)));
    } catch (UserError damaged) {
      LOG.warn("No sample of round {}: {}", round, damaged.getMessage());
      return Optional.empty();
    }
  }

  private static Samples of(Checkpoint checkpoint, List<String> prompts, long seed)
      throws IOException {
    List<RunSummary.Sample> texts = new ArrayList<>();
    try (Generator generator = Generator.open(checkpoint)) {
      for (int i = 0; i < prompts.size(); i++) {
        Sampling sampling = new Sampling(SAMPLE_TOKENS, TEMPERATURE, 0, seed + i);
        String text = generator.generate(prompts.get(i), sampling, piece -> {});
        texts.add(new RunSummary.Sample(prompts.get(i), text));
      }
    }
    return new Samples(checkpoint.trainer().round(), checkpoint.trainer().tokensSeen(), texts);
  }
}
