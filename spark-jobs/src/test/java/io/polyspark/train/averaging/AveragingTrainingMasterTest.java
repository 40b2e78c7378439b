package io.polyspark.train.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.polyspark.testing.LocalCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** A stock DL4J network, with Adam and a learning-rate schedule, on a real cluster. */
class AveragingTrainingMasterTest {
  private static final int FEATURES = 4;
  private static final int BATCH = 8;
  private static final int REPLICAS = 2;
  private static final int FREQUENCY = 3;
  private static final int ROUNDS_PER_FIT = 2;
  private static final int FITS = 2;

  /** The steps of each replica over all fits. */
  private static final int STEPS = FITS * ROUNDS_PER_FIT * FREQUENCY;

  @TempDir Path folder;

  @Test
  void theScheduleGoesOnFromRoundToRoundAndFitToFit() {
    ComputationGraph network = fit(builder().build(), folder);

    List<String> expected =
        IntStream.range(0, REPLICAS * STEPS)
            .mapToObj(i -> StepLog.line(i / REPLICAS, i / REPLICAS / (STEPS / FITS), rate(i / 2)))
            .sorted()
            .toList();
    assertThat(StepLog.read(folder)).isEqualTo(expected);
    assertThat(network.getConfiguration().getIterationCount()).isEqualTo(STEPS);
    assertThat(network.getConfiguration().getEpochCount()).isEqualTo(FITS);
  }

  /** What the class is there to put right; where this fails, DL4J has put it right itself. */
  @Test
  void dl4jsOwnMasterRestartsTheSchedule() {
    ParameterAveragingTrainingMaster theirs =
        new ParameterAveragingTrainingMaster.Builder(REPLICAS, BATCH)
            .batchSizePerWorker(BATCH)
            .averagingFrequency(FREQUENCY)
            .rddTrainingApproach(RDDTrainingApproach.Direct)
            .build();

    fit(theirs, folder);

    List<String> expected =
        IntStream.range(0, REPLICAS * STEPS)
            .map(i -> i / REPLICAS % FREQUENCY)
            .mapToObj(iteration -> StepLog.line(iteration, 0, rate(iteration)))
            .sorted()
            .toList();
    assertThat(StepLog.read(folder)).isEqualTo(expected);
  }

  @Test
  void averagingEqualsTheSameInOneJvm() {
    for (OptimizerStatePolicy policy : OptimizerStatePolicy.values()) {
      AveragingTrainingMaster.Builder builder = builder().updaterState(policy);
      if (policy == OptimizerStatePolicy.KEPT) {
        builder.replicaStates(folder.resolve("states").toUri().toString());
      }

      ComputationGraph network = fit(builder.build(), folder);

      float[] expected = inOneJvm(policy);
      float[] actual = network.params().toFloatVector();
      assertThat(actual).hasSameSizeAs(expected);
      for (int i = 0; i < actual.length; i++) {
        assertThat(actual[i]).as("%s, %d", policy, i).isCloseTo(expected[i], within(1e-5f));
      }
    }
  }

  /**
   * Over three fits of one master: the residuals go on, so what is lost in a round comes later. The
   * networks differ by what the last round's rounding has changed, at most.
   */
  @Test
  void deltasTravelInFewerBytes() {
    AveragingTrainingMaster.Builder rounded =
        builder()
            .updaterState(OptimizerStatePolicy.RESET)
            .replicaStates(folder.resolve("residuals").toUri().toString())
            .deltas(new Deltas(DeltaFormat.INT8, true, 7));

    float[] exact =
        fit(builder().updaterState(OptimizerStatePolicy.RESET).build(), folder)
            .params()
            .toFloatVector();
    float[] actual = fit(rounded.build(), folder).params().toFloatVector();

    assertThat(actual).isNotEqualTo(exact);
    for (int i = 0; i < exact.length; i++) {
      assertThat(actual[i]).as("%d", i).isCloseTo(exact[i], within(2e-3f));
    }
    assertThat(folder.resolve("residuals"))
        .isDirectoryRecursivelyContaining("glob:**residual-00001*");
  }

  /** With momentum 0 and rate 1 Nesterov's step is the average; with another momentum it is not. */
  @Test
  void theOuterOptimizersStateGoesOnFromFitToFit() {
    AveragingTrainingMaster.Builder still = builder().outer(OuterOptimizer.nesterov(1, 0));
    AveragingTrainingMaster.Builder moving = builder().outer(OuterOptimizer.nesterov(1, 0.5));

    float[] average = fit(builder().build(), folder).params().toFloatVector();

    assertThat(fit(still.build(), folder).params().toFloatVector()).isEqualTo(average);
    float[] moved = fit(moving.build(), folder).params().toFloatVector();
    float[] expected = inOneJvm(OptimizerStatePolicy.AVERAGED, 0.5);
    for (int i = 0; i < moved.length; i++) {
      assertThat(moved[i]).as("%d", i).isCloseTo(expected[i], within(1e-5f));
    }
  }

  @Test
  void theLastRoundMayBeShortOfMinibatches() {
    AveragingTrainingMaster master =
        new AveragingTrainingMaster.Builder(4).averagingFrequency(2).build();
    ComputationGraph network = network();

    new SparkComputationGraph(LocalCluster.spark(), network, master)
        .fitMultiDataSet(LocalCluster.spark().parallelize(minibatches(10), 3));

    // Round 1 takes 8 minibatches in 2 steps, round 2 has 2 left for 4 replicas.
    assertThat(network.getConfiguration().getIterationCount()).isEqualTo(3);
  }

  @Test
  void withoutAFrequencyAFitIsOneRound() {
    ComputationGraph network = network();
    SparkComputationGraph graph =
        new SparkComputationGraph(
            LocalCluster.spark(), network, new AveragingTrainingMaster.Builder(REPLICAS).build());

    graph.fitMultiDataSet(LocalCluster.spark().parallelize(minibatches(10), 3));

    assertThat(network.getConfiguration().getIterationCount()).isEqualTo(5);
    assertThat(graph.getScore()).isPositive();
  }

  @Test
  void aScoreThatIsNotFiniteEndsTheFit() {
    List<MultiDataSet> minibatches = minibatches(4);
    minibatches.get(3).getFeatures(0).putScalar(0, Double.NaN);
    SparkComputationGraph graph =
        new SparkComputationGraph(
            LocalCluster.spark(), network(), new AveragingTrainingMaster.Builder(2).build());

    assertThatThrownBy(
            () -> graph.fitMultiDataSet(LocalCluster.spark().parallelize(minibatches, 2)))
        .isInstanceOf(DivergedException.class)
        .hasMessage("The score is NaN (round 1, replica 1, step 2)");
  }

  @Test
  void settingsSurviveJsonAndYaml() {
    AveragingTrainingMaster master =
        builder()
            .updaterState(OptimizerStatePolicy.KEPT)
            .replicaStates("hdfs://host/states")
            .outer(OuterOptimizer.nesterov(0.7, 0.9))
            .deltas(new Deltas(DeltaFormat.INT8, true, 7))
            .build();

    assertThat(master.toJson())
        .isEqualTo(
            "{\"replicas\":2,\"averaging_frequency\":3,\"updater_state\":\"KEPT\","
                + "\"replica_states\":\"hdfs://host/states\",\"chunk_size\":20,"
                + "\"averaging\":{\"outer\":\"nesterov\",\"lr\":0.7,\"momentum\":0.9},"
                + "\"deltas\":{\"format\":\"INT8\",\"error_feedback\":true,\"seed\":7}}");
    assertThat(AveragingTrainingMaster.fromJson(master.toJson()).toYaml())
        .isEqualTo(master.toYaml());
    assertThat(AveragingTrainingMaster.fromYaml(master.toYaml()).toJson())
        .isEqualTo(master.toJson());
    assertThatThrownBy(() -> AveragingTrainingMaster.fromJson("{\"replica\":2}"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> AveragingTrainingMaster.fromJson(master.toJson().replace("0.9", "0.9,\"eps\":1")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void settingsFromBeforeThereWereOuterOptimizersAreRead() {
    String before =
        "{\"replicas\":2,\"averaging_frequency\":3,\"updater_state\":\"AVERAGED\",\"chunk_size\":20}";
    assertThat(AveragingTrainingMaster.fromJson(before).toJson())
        .isEqualTo(builder().build().toJson());
  }

  @Test
  void whatMakesNoSenseIsRefusedInASentence() {
    AveragingTrainingMaster master = builder().build();

    assertThatThrownBy(() -> builder().updaterState(OptimizerStatePolicy.KEPT).build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> master.setCollectTrainingStats(true))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> master.executeTrainingPaths(null, null, null, null, null))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("map the paths to an RDD of minibatches");
    assertThatThrownBy(() -> master.setListeners(List.of(new Unserializable())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be Serializable");
  }

  private static final class Unserializable extends BaseTrainingListener {}

  /** Chunks shorter than the parameters, so that there are several. */
  private static AveragingTrainingMaster.Builder builder() {
    return new AveragingTrainingMaster.Builder(REPLICAS)
        .averagingFrequency(FREQUENCY)
        .chunkSize(20);
  }

  private static ComputationGraph fit(TrainingMaster<?, ?> master, Path log) {
    ComputationGraph network = network();
    SparkComputationGraph graph = new SparkComputationGraph(LocalCluster.spark(), network, master);
    graph.setListeners(new StepLog(log.toString()));
    JavaRDD<MultiDataSet> data =
        LocalCluster.spark()
            .parallelize(minibatches(REPLICAS * FREQUENCY * ROUNDS_PER_FIT), REPLICAS);
    for (int fit = 0; fit < FITS; fit++) {
      graph.fitMultiDataSet(data);
    }
    return network;
  }

  /** Parameters after the same rounds with plain DL4J networks side by side. */
  private static float[] inOneJvm(OptimizerStatePolicy policy) {
    return inOneJvm(policy, 0);
  }

  /**
   * The same with Nesterov's momentum between rounds, at rate 1: the mean goes on by {@code
   * momentum} times the velocity.
   */
  private static float[] inOneJvm(OptimizerStatePolicy policy, double momentum) {
    List<ComputationGraph> replicas = new ArrayList<>();
    for (int w = 0; w < REPLICAS; w++) {
      replicas.add(network());
    }
    INDArray start = replicas.get(0).params().dup();
    INDArray velocity = Nd4j.zerosLike(start);
    List<MultiDataSet> data = minibatches(REPLICAS * FREQUENCY * ROUNDS_PER_FIT);
    for (int i = 0; i < FITS * data.size(); i++) {
      replicas.get(i % REPLICAS).fit(data.get(i % data.size()));
      if ((i + 1) % (REPLICAS * FREQUENCY) == 0) {
        List<INDArray> states = replicas.stream().map(AveragingTrainingMasterTest::state).toList();
        setToMean(replicas.stream().map(ComputationGraph::params).toList());
        velocity.muli(momentum).addi(start.sub(replicas.get(0).params()));
        replicas.forEach(replica -> replica.params().subi(velocity.mul(momentum)));
        start.assign(replicas.get(0).params());
        if (policy == OptimizerStatePolicy.AVERAGED) {
          setToMean(states);
        } else if (policy == OptimizerStatePolicy.RESET) {
          states.forEach(state -> state.assign(0));
        }
      }
    }
    return replicas.get(0).params().toFloatVector();
  }

  private static INDArray state(ComputationGraph network) {
    return network.getUpdater().getStateViewArray();
  }

  private static void setToMean(List<INDArray> arrays) {
    INDArray mean = Nd4j.averageAndPropagate(arrays.toArray(INDArray[]::new));
    arrays.forEach(array -> array.assign(mean));
  }

  private static double rate(int step) {
    return 0.1 * Math.pow(0.9, step);
  }

  private static ComputationGraph network() {
    ComputationGraphConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .updater(new Adam(new ExponentialSchedule(ScheduleType.ITERATION, 0.1, 0.9)))
            .graphBuilder()
            .addInputs("in")
            .addLayer(
                "hidden",
                new DenseLayer.Builder().nIn(FEATURES).nOut(6).activation(Activation.TANH).build(),
                "in")
            .addLayer(
                "out",
                new OutputLayer.Builder(LossFunctions.LossFunction.MSE)
                    .nIn(6)
                    .nOut(2)
                    .activation(Activation.IDENTITY)
                    .build(),
                "hidden")
            .setOutputs("out")
            .build();
    ComputationGraph network = new ComputationGraph(configuration);
    network.init();
    return network;
  }

  private static List<MultiDataSet> minibatches(int count) {
    Random random = new Random(11);
    List<MultiDataSet> minibatches = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[][] features = new float[BATCH][FEATURES];
      float[][] labels = new float[BATCH][2];
      for (int row = 0; row < BATCH; row++) {
        for (int f = 0; f < FEATURES; f++) {
          features[row][f] = (float) random.nextGaussian();
        }
        labels[row][0] = features[row][0] * features[row][1];
        labels[row][1] = features[row][2] - features[row][3];
      }
      minibatches.add(
          new org.nd4j.linalg.dataset.MultiDataSet(
              Nd4j.createFromArray(features), Nd4j.createFromArray(labels)));
    }
    return minibatches;
  }
}
