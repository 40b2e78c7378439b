package io.polyspark.model.benchmark;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.config.UserError;
import io.polyspark.model.tensor.Dtype;
import io.polyspark.model.transformer.Flops;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.model.transformer.Recompute;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whole training steps in bfloat16: AdamW, clipping and the loss on the host included. A batch that
 * does not fit is tried with more recomputation, then with half the sequences.
 */
final class CardSteps {
  /** The first launches, the second is captured, and one is replayed before any counts. */
  private static final int WARM_UP = 3;

  private final CardSizes sizes;
  private final CardRecords records;

  CardSteps(CardSizes sizes, CardRecords records) {
    this.sizes = sizes;
    this.records = records;
  }

  /**
   * Measures steps of a model, and where the time of one goes.
   *
   * @param name under which the results are kept
   */
  void run(String name, ModelConfig config) {
    for (int batch = sizes.sequences(); batch > 0; batch /= 2) {
      for (Recompute recompute : List.of(Recompute.NONE, Recompute.MLP, Recompute.BLOCK)) {
        try {
          measure(name, config, recompute, batch);
          return;
        } catch (UserError e) {
          System.out.printf("%s, B %d, recompute %s: %s%n", name, batch, recompute, e.getMessage());
        }
      }
    }
    records.add(name, Map.of("error", "It does not fit, even with B 1 and recompute: block"));
  }

  private void measure(String name, ModelConfig config, Recompute recompute, int batch) {
    try (CardModel model = new CardModel(config, Dtype.BF16, recompute, batch, sizes.positions())) {
      double first = model.step();
      for (int i = 1; i < WARM_UP; i++) {
        model.step();
      }
      double[] seconds = new double[sizes.repetitions()];
      double last = first;
      for (int i = 0; i < seconds.length; i++) {
        long start = System.nanoTime();
        // It ends with the loss, for which it waits.
        last = model.step();
        seconds[i] = (System.nanoTime() - start) * 1e-9;
      }
      double median = CardClock.median(seconds);
      long tokens = (long) batch * sizes.positions();
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("parameters", ParameterLayout.of(config).length());
      result.put("layers", config.numHiddenLayers());
      result.put("batch", batch);
      result.put("context", sizes.positions());
      result.put("recompute", recompute.name().toLowerCase(Locale.ROOT));
      result.put("step_ms", 1e3 * median);
      result.put("tokens_per_second", tokens / median);
      result.put("teraflops", 1e-12 * Flops.perToken(config, sizes.positions()) * tokens / median);
      result.put("first_loss", first);
      result.put("last_loss", last);
      records.add(name, result);
      records.add(name + ", by operation", Map.of("milliseconds", milliseconds(model)));
    }
  }

  /** By operation, the longest first. */
  private static Map<String, Double> milliseconds(CardModel model) {
    Map<String, Double> sorted = new LinkedHashMap<>();
    model.stepOneByOne().entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .forEach(entry -> sorted.put(entry.getKey(), 1e3 * entry.getValue()));
    return sorted;
  }
}
