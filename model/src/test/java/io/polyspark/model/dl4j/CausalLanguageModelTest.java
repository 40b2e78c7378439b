package io.polyspark.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.transformer.Recompute;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** The layer in networks that DL4J itself configures, trains and stores. */
class CausalLanguageModelTest {
  private static final ModelConfig CONFIG = ModelConfig.load("tiny", "the test");

  @TempDir private Path directory;

  @Test
  void survivesJson() {
    ComputationGraphConfiguration configuration = configuration(WorkspaceMode.ENABLED);
    assertThat(ComputationGraphConfiguration.fromJson(configuration.toJson()))
        .isEqualTo(configuration);
  }

  @ParameterizedTest
  @EnumSource
  void carriesHowItIsComputedThroughJson(Recompute recompute) {
    ComputationGraphConfiguration configuration =
        configuration(WorkspaceMode.ENABLED, ComputeOptions.DEFAULT.withRecompute(recompute));
    ComputationGraphConfiguration read =
        ComputationGraphConfiguration.fromJson(configuration.toJson());
    assertThat(read).isEqualTo(configuration);
    assertThat(layer(read).getComputeOptions().recompute()).isEqualTo(recompute);
    assertThat(layer(configuration).clone()).isEqualTo(layer(configuration));
    assertThat(layer(read).equals(layer(configuration(WorkspaceMode.ENABLED))))
        .isEqualTo(recompute == Recompute.NONE);
  }

  /** Networks were stored before there was a choice. */
  @Test
  void isComputedAsAlwaysWhereItsJsonDoesNotSay() {
    String json = configuration(WorkspaceMode.ENABLED).toJson();
    String old = json.replaceAll("\"computeOptions\"\\s*:\\s*\\{[^}]*\\},", "");
    assertThat(old).isNotEqualTo(json);
    assertThat(layer(ComputationGraphConfiguration.fromJson(old)).getComputeOptions())
        .isEqualTo(ComputeOptions.DEFAULT);
  }

  @Test
  void survivesAModelFile() throws IOException {
    Path file = directory.resolve("model.zip");
    ComputationGraph network = network(WorkspaceMode.ENABLED);
    ModelSerializer.writeModel(network, file.toFile(), true);
    ComputationGraph restored = ModelSerializer.restoreComputationGraph(file.toFile(), true);

    MultiDataSet batch = batch(3, 8);
    assertThat(restored.params()).isEqualTo(network.params());
    assertThat(restored.outputSingle(batch.getFeatures(0)))
        .isEqualTo(network.outputSingle(batch.getFeatures(0)));
  }

  @Test
  void trainsThroughDl4jsOwnUpdater() {
    MultiDataSet batch = batch(4, 8);
    ComputationGraph network = network(WorkspaceMode.ENABLED);
    double before = network.score(batch);
    for (int step = 0; step < 20; step++) {
      network.fit(batch);
    }
    assertThat(before).isEqualTo(Math.log(CONFIG.vocabSize()), within(0.1));
    assertThat(network.score(batch)).isLessThan(before - 0.5);
  }

  @Test
  void doesNotDependOnWorkspaces() {
    ComputationGraph enabled = network(WorkspaceMode.ENABLED);
    ComputationGraph none = network(WorkspaceMode.NONE);
    for (int step = 0; step < 3; step++) {
      // Another shape of batch every time.
      MultiDataSet batch = batch(2 + step, 8 - step);
      enabled.fit(batch);
      none.fit(batch);
    }
    assertThat(enabled.params()).isEqualTo(none.params());
  }

  @Test
  void scoresEverySequenceByItself() {
    MultiDataSet batch = batch(3, 8);
    ComputationGraph network = network(WorkspaceMode.ENABLED);
    INDArray scores = network.scoreExamples(batch, false);
    assertThat(scores.length()).isEqualTo(3);
    assertThat(scores.meanNumber().doubleValue()).isEqualTo(network.score(batch), within(1e-5));
  }

  private static ComputationGraph network(WorkspaceMode workspaces) {
    ComputationGraph network = new ComputationGraph(configuration(workspaces));
    network.init();
    return network;
  }

  private static CausalLanguageModel layer(ComputationGraphConfiguration configuration) {
    return (CausalLanguageModel)
        ((LayerVertex) configuration.getVertices().get("model")).getLayerConf().getLayer();
  }

  private static ComputationGraphConfiguration configuration(WorkspaceMode workspaces) {
    return configuration(workspaces, ComputeOptions.DEFAULT);
  }

  private static ComputationGraphConfiguration configuration(
      WorkspaceMode workspaces, ComputeOptions options) {
    return new NeuralNetConfiguration.Builder()
        .seed(5)
        .dataType(DataType.FLOAT)
        .updater(new Sgd(0.5))
        .miniBatch(false)
        .trainingWorkspaceMode(workspaces)
        .inferenceWorkspaceMode(workspaces)
        .graphBuilder()
        .addInputs("tokens")
        .addLayer("model", new CausalLanguageModel(CONFIG, options), "tokens")
        .setOutputs("model")
        .build();
  }

  private static MultiDataSet batch(int sequences, int positions) {
    Random random = new Random(11);
    return new MultiDataSet(ids(sequences, positions, random), ids(sequences, positions, random));
  }

  private static INDArray ids(int sequences, int positions, Random random) {
    int[] ids = random.ints((long) sequences * positions, 0, CONFIG.vocabSize()).toArray();
    return Nd4j.createFromArray(ids).reshape('c', sequences, positions);
  }
}
