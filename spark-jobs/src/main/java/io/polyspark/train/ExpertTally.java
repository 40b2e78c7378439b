package io.polyspark.train;

import io.polyspark.model.transformer.ExpertLoad;
import io.polyspark.train.metrics.ExpertMetrics;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Counts how the experts of each layer are used, batch after batch: what is left of a round's steps
 * when they travel to the driver, and there of its replicas. Stays empty for a dense model.
 */
final class ExpertTally implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ArrayList<Layer> layers = new ArrayList<>();
  private long batches;
  private long slots;

  private static final class Layer implements Serializable {
    private static final long serialVersionUID = 1L;

    private final long[] served;
    private double loadBalancingLoss;
    private double zLoss;

    Layer(int experts) {
      this.served = new long[experts];
    }
  }

  /**
   * Counts a batch.
   *
   * @param loads of each layer
   * @param slotsOfBatch tokens times the experts of each
   */
  void add(List<ExpertLoad> loads, long slotsOfBatch) {
    batches++;
    slots += slotsOfBatch;
    for (int i = 0; i < loads.size(); i++) {
      ExpertLoad load = loads.get(i);
      Layer layer = layer(i, load.slots().size());
      for (int expert = 0; expert < layer.served.length; expert++) {
        layer.served[expert] += load.slots().get(expert);
      }
      layer.loadBalancingLoss += load.loadBalancingLoss();
      layer.zLoss += load.zLoss();
    }
  }

  /** Counts all that another has counted. */
  void add(ExpertTally other) {
    batches += other.batches;
    slots += other.slots;
    for (int i = 0; i < other.layers.size(); i++) {
      Layer from = other.layers.get(i);
      Layer layer = layer(i, from.served.length);
      Arrays.setAll(layer.served, expert -> layer.served[expert] + from.served[expert]);
      layer.loadBalancingLoss += from.loadBalancingLoss;
      layer.zLoss += from.zLoss;
    }
  }

  private Layer layer(int index, int experts) {
    if (index == layers.size()) {
      layers.add(new Layer(experts));
    }
    return layers.get(index);
  }

  /** One record per layer. */
  List<ExpertMetrics> metrics() {
    return layers.stream().map(this::metrics).toList();
  }

  private ExpertMetrics metrics(Layer layer) {
    long served = Arrays.stream(layer.served).sum();
    List<Double> load =
        Arrays.stream(layer.served).mapToObj(count -> (double) count / served).toList();
    double entropy =
        load.stream().mapToDouble(share -> share > 0 ? -share * Math.log(share) : 0).sum();
    return new ExpertMetrics(
        load, entropy, layer.loadBalancingLoss / batches, layer.zLoss / batches, slots - served);
  }
}
