package io.polyspark.train.averaging;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.polyspark.model.tensor.FlatVector;
import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.core.loader.DataSetLoader;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.api.TrainingResult;
import org.deeplearning4j.spark.api.TrainingWorker;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Puts {@link AveragingRound} behind DL4J's {@link SparkComputationGraph}: a drop-in for DL4J's
 * {@code ParameterAveragingTrainingMaster}, for any {@link ComputationGraph} of float32 with its
 * own updater. What differs from the latter:
 *
 * <ul>
 *   <li>Iteration and epoch counts go on from round to round and from fit to fit, on the workers as
 *       on the driver, so that learning-rate schedules and Adam's bias correction do too.
 *   <li>Parameters and updater state are averaged in chunks on the executors.
 *   <li>The data are counted once and dealt out once per fit, not scanned in every round.
 *   <li>An {@link OuterOptimizer} may take the place of the plain mean; the master keeps its state
 *       from fit to fit, on the driver. It is no part of the settings' JSON and YAML.
 * </ul>
 *
 * Every element of the RDD is one minibatch, as it is: nothing is joined or split to another batch
 * size. Where the last round has fewer minibatches than replicas, the replicas without one take no
 * part in its mean. Listeners are copied to each replica and called there. Nothing here is thread
 * safe; one master trains one network.
 */
public final class AveragingTrainingMaster
    implements TrainingMaster<TrainingResult, TrainingWorker<TrainingResult>> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final YAMLMapper YAML = new YAMLMapper();

  private final AveragingSettings settings;
  private List<TrainingListener> listeners = List.of();

  /** Rounds over all fits of this master, by which kept states are found again. */
  private int rounds;

  /** What the outer optimizer keeps from round to round. */
  private List<ChunkedVector> outerState = List.of();

  private AveragingTrainingMaster(AveragingSettings settings) {
    this.settings = settings;
  }

  /** Collects the settings of a master. */
  public static final class Builder {
    private final int replicas;
    private int averagingFrequency;
    private OptimizerStatePolicy updaterState = OptimizerStatePolicy.AVERAGED;
    private String replicaStates;
    private int chunkSize = ChunkPlan.DEFAULT_CHUNK_SIZE;
    private OuterOptimizer outer = OuterOptimizer.average();
    private Deltas deltas = Deltas.EXACT;

    /**
     * @param replicas W, how many copies of the network train side by side
     */
    public Builder(int replicas) {
      this.replicas = replicas;
    }

    /** The minibatches of a replica between two averages; 0, the default: one average per fit. */
    public Builder averagingFrequency(int minibatches) {
      this.averagingFrequency = minibatches;
      return this;
    }

    /**
     * What happens to the replicas' updater state between rounds; by default it is averaged. With
     * {@link OptimizerStatePolicy#KEPT} give a {@link #replicaStates directory} too; the state that
     * the driver's network has is then neither used nor changed.
     */
    public Builder updaterState(OptimizerStatePolicy policy) {
      this.updaterState = policy;
      return this;
    }

    /**
     * Where replicas keep their state, and what rounding has left out of their deltas where that is
     * fed back: a directory of their own on any Hadoop file system.
     */
    public Builder replicaStates(String directory) {
      this.replicaStates = directory;
      return this;
    }

    /** The elements of a chunk, see {@link ChunkPlan}. */
    public Builder chunkSize(int elements) {
      this.chunkSize = elements;
      return this;
    }

    /**
     * What turns the mean of the replicas into the next parameters, one of those that {@link
     * OuterOptimizer} makes; by default the mean itself.
     */
    public Builder outer(OuterOptimizer optimizer) {
      this.outer = optimizer;
      return this;
    }

    /**
     * In which numbers the replicas' deltas travel; by default as they are. With error feedback
     * give a {@link #replicaStates directory} too.
     */
    public Builder deltas(Deltas numbers) {
      this.deltas = numbers;
      return this;
    }

    /**
     * The master.
     *
     * @throws IllegalArgumentException if a setting is out of range, or there is a directory for
     *     states without the policy to keep them or the other way round
     */
    public AveragingTrainingMaster build() {
      return new AveragingTrainingMaster(
          new AveragingSettings(
              replicas, averagingFrequency, updaterState, replicaStates, chunkSize, outer, deltas));
    }
  }

  /** The master that {@link #toJson} describes. */
  public static AveragingTrainingMaster fromJson(String json) {
    return read(JSON, json);
  }

  /** The master that {@link #toYaml} describes. */
  public static AveragingTrainingMaster fromYaml(String yaml) {
    return read(YAML, yaml);
  }

  @Override
  public String toJson() {
    return write(JSON);
  }

  @Override
  public String toYaml() {
    return write(YAML);
  }

  /**
   * Trains the network once over the data.
   *
   * @throws DivergedException if a score is not finite; the network is as the last round left it
   */
  @Override
  public void executeTrainingMDS(SparkComputationGraph graph, JavaRDD<MultiDataSet> minibatches) {
    ComputationGraph network = graph.getNetwork();
    int replicas = settings.replicas();
    MinibatchSlices slices =
        MinibatchSlices.of(minibatches, replicas, settings.averagingFrequency());
    AveragingOptions options = settings.options(graph.getSparkContext().hadoopConfiguration());
    AveragingRound round = new AveragingRound(graph.getSparkContext(), options);
    NetworkTask task =
        new NetworkTask(
            network.getConfiguration().toJson(),
            network.numParams(),
            network.getConfiguration().getEpochCount(),
            listeners);
    for (int r = 0; r < slices.rounds(); r++) {
      RoundResult<Double> result = round.run(state(network), slices.round(r), task);
      update(network, result.next());
      graph.setScore(meanScore(result.replicas()));
      options.states().ifPresent(states -> states.retain(Set.of(rounds)));
    }
  }

  @Override
  public void executeTraining(SparkComputationGraph graph, JavaRDD<DataSet> minibatches) {
    executeTrainingMDS(graph, minibatches.map(DataSet::toMultiDataSet));
  }

  private RoundState state(ComputationGraph network) {
    List<ChunkedVector> updaterState =
        settings.updaterState() == OptimizerStatePolicy.AVERAGED
            ? NetworkTask.updaterState(network).stream().map(this::chunks).toList()
            : List.of();
    return new RoundState(
        rounds,
        network.getConfiguration().getIterationCount(),
        chunks(new NetworkVector(network.params())),
        updaterState,
        outerState);
  }

  private ChunkedVector chunks(FlatVector vector) {
    return ChunkedVector.copyOf(vector, settings.chunkSize());
  }

  private void update(ComputationGraph network, RoundState state) {
    state.parameters().copyTo(new NetworkVector(network.params()));
    List<FlatVector> updaterState = NetworkTask.updaterState(network);
    for (int i = 0; i < state.optimizerState().size(); i++) {
      state.optimizerState().get(i).copyTo(updaterState.get(i));
    }
    network.getConfiguration().setIterationCount(Math.toIntExact(state.completedSteps()));
    rounds = state.round();
    outerState = state.outerState();
  }

  private static double meanScore(List<ReplicaReport<Double>> reports) {
    double scores = reports.stream().mapToDouble(ReplicaReport::metrics).sum();
    return scores / reports.stream().mapToLong(ReplicaReport::steps).sum();
  }

  /**
   * @throws IllegalArgumentException if a listener cannot be serialized to go to the replicas
   */
  @Override
  public void setListeners(Collection<TrainingListener> listeners) {
    for (TrainingListener listener : listeners) {
      if (!(listener instanceof Serializable)) {
        throw new IllegalArgumentException(
            "The listener "
                + listener.getClass().getName()
                + " must be Serializable, because replicas call copies of it on executors");
      }
    }
    this.listeners = List.copyOf(listeners);
  }

  /** Takes listeners without a router only: no statistics are routed back from replicas. */
  @Override
  public void setListeners(StatsStorageRouter router, Collection<TrainingListener> listeners) {
    if (router != null) {
      throw new UnsupportedOperationException(
          "Statistics are not routed back from the replicas: set listeners without a router.");
    }
    setListeners(listeners);
  }

  @Override
  public void executeTraining(SparkDl4jMultiLayer network, JavaRDD<DataSet> minibatches) {
    throw graphsOnly();
  }

  @Override
  public void executeTrainingPaths(
      SparkDl4jMultiLayer network,
      SparkComputationGraph graph,
      JavaRDD<String> paths,
      DataSetLoader loader,
      MultiDataSetLoader multiLoader) {
    throw new UnsupportedOperationException(
        "Training from paths is not supported: map the paths to an RDD of minibatches and fit it.");
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkDl4jMultiLayer network) {
    throw graphsOnly();
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkComputationGraph graph) {
    throw new UnsupportedOperationException(
        "This master has no TrainingWorker: its replicas are tasks of its own rounds.");
  }

  @Override
  public void addHook(TrainingHook hook) {
    throw new UnsupportedOperationException(
        "Training hooks belong to DL4J's workers, which this master does without: set a listener.");
  }

  /** Does nothing: there are no hooks. */
  @Override
  public void removeHook(TrainingHook hook) {}

  @Override
  public void setCollectTrainingStats(boolean collect) {
    if (collect) {
      throw new UnsupportedOperationException(
          "DL4J's training statistics are not collected: Spark's own UI shows the rounds' stages.");
    }
  }

  @Override
  public boolean getIsCollectTrainingStats() {
    return false;
  }

  /** Null, as with DL4J's masters when nothing is collected. */
  @Override
  public SparkTrainingStats getTrainingStats() {
    return null;
  }

  /** True: every round has already deleted what it wrote. Kept replica states are not temporary. */
  @Override
  public boolean deleteTempFiles(JavaSparkContext spark) {
    return true;
  }

  /** As {@link #deleteTempFiles(JavaSparkContext)}. */
  @Override
  public boolean deleteTempFiles(SparkContext spark) {
    return true;
  }

  private static UnsupportedOperationException graphsOnly() {
    return new UnsupportedOperationException(
        "A MultiLayerNetwork is not supported: convert it with toComputationGraph() and train it by"
            + " a SparkComputationGraph.");
  }

  private static AveragingTrainingMaster read(ObjectMapper format, String text) {
    try {
      return new AveragingTrainingMaster(format.readValue(text, AveragingSettings.class));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Not the settings of an AveragingTrainingMaster", e);
    }
  }

  private String write(ObjectMapper format) {
    try {
      return format.writeValueAsString(settings);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Settings are plain values", e);
    }
  }
}
