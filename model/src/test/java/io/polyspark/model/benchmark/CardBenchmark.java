package io.polyspark.model.benchmark;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Measures the kernels of {@link io.polyspark.model.tensor.cuda.CudaKernels} on the card of this
 * machine, without ND4J: {@code docs/benchmarks/card.sh} runs it.
 */
public final class CardBenchmark {
  private static final String TINY = "--tiny";

  /** Layers of the mixture of experts that leave room on a card of 80 GB. */
  private static final int LAYERS_OF_EXPERTS = 4;

  private CardBenchmark() {}

  /**
   * Writes JSON lines.
   *
   * @param arguments the file, to whose end results go; then what to measure, of {@code
   *     operations}, {@code dense} and {@code experts}; {@code --tiny} at sizes for a dry run
   */
  public static void main(String[] arguments) {
    if (arguments.length < 2) {
      throw new IllegalArgumentException("FILE [--tiny] operations|dense|experts ...");
    }
    List<String> rest = Arrays.asList(arguments).subList(1, arguments.length);
    CardSizes sizes =
        rest.contains(TINY) ? CardSizes.tiny() : CardSizes.ofThePaper(LAYERS_OF_EXPERTS);
    CardRecords records = new CardRecords(Path.of(arguments[0]));
    for (String what : rest) {
      switch (what) {
        case TINY -> {}
        case "operations" -> new CardOperations(sizes, records).run();
        case "dense" -> new CardSteps(sizes, records).run("dense", sizes.dense());
        case "experts" -> new CardSteps(sizes, records).run("experts", sizes.experts());
        default -> throw new IllegalArgumentException("There is nothing called " + what);
      }
    }
  }
}
