package io.polyspark.train.averaging;

import static io.polyspark.train.averaging.PieceKey.Kind;

import io.polyspark.model.config.UserError;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * One round of local training and averaging on the cluster.
 *
 * <ol>
 *   <li>The driver broadcasts the parameters and what state there is, chunk by chunk.
 *   <li>A stage of W tasks, one per replica, trains and writes pieces to a shuffle, the deltas in
 *       the numbers that {@link Deltas} says: it is a shuffle-map stage, so a replica whose
 *       executor is lost is trained again, from the same input, without the others.
 *   <li>The driver reads the W reports, which lie in a partition of their own. If a replica has
 *       diverged, the round ends here.
 *   <li>Reduce tasks average the chunks over the same shuffle files; the driver fetches them a few
 *       partitions at a time.
 * </ol>
 *
 * Beside the vectors of the old and the new state, the driver holds a serialized copy of the
 * former, never anything of the size of W copies. An executor holds what is broadcast, as arrays
 * and serialized (Spark moves either to disk when memory is short), and per running task a replica
 * and a few chunks; residuals of deltas that are rounded lie in files and take no memory of their
 * own. Nothing is limited by 2 GiB. The result does not depend on where tasks ran, how often, in
 * which order, or over how many reducers.
 */
public final class AveragingRound {
  /** Assumed where the first round does not know it yet; only the reducers' number rests on it. */
  private static final int USUAL_STATE_VECTORS = 2;

  private final JavaSparkContext spark;
  private final AveragingOptions options;

  public AveragingRound(JavaSparkContext spark, AveragingOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /** The same with another number of replicas. */
  public AveragingRound withReplicas(int replicas) {
    return new AveragingRound(spark, options.withReplicas(replicas));
  }

  /** How the rounds are averaged. */
  public AveragingOptions options() {
    return options;
  }

  /**
   * Runs round {@code state.round() + 1}: every replica trains from {@code state}, and their mean,
   * weighted by the steps that each took, makes the next one.
   *
   * @throws DivergedException if a replica diverged, or its parameters are not finite
   * @throws UserError if a replica's task threw it, or if replicas should have kept a state in the
   *     round before but it is not there
   * @throws IllegalArgumentException if rounds lie behind {@code state} but not this outer
   *     optimizer's state of them
   */
  public <M extends Serializable> RoundResult<M> run(RoundState state, ReplicaTask<M> task) {
    List<Integer> replicas = IntStream.range(0, options.replicas()).boxed().toList();
    return run(
        state, spark.parallelize(replicas, replicas.size()), (input, itsNumber) -> task.run(input));
  }

  /** As the other, for replicas that train on the W partitions of an RDD. */
  <D, M extends Serializable> RoundResult<M> run(
      RoundState state, JavaRDD<D> slices, SliceTask<D, M> task) {
    if (slices.getNumPartitions() != options.replicas()) {
      throw new IllegalArgumentException(
          slices.getNumPartitions() + " slices for " + options.replicas() + " replicas");
    }
    requireOuterState(state);
    int round = state.round() + 1;
    options.states().ifPresent(states -> states.clear(round));
    long start = System.nanoTime();
    try (BroadcastVector.Pool broadcasts = new BroadcastVector.Pool(spark)) {
      BroadcastVector parameters = broadcasts.add(state.parameters());
      List<BroadcastVector> outerState = broadcasts.addAll(state.outerState());
      ReplicaStage<D, M> stage =
          new ReplicaStage<>(
              round,
              options.replicas(),
              state.completedSteps(),
              options.optimizerState(),
              parameters,
              broadcasts.addAll(startingState(state)),
              options.deltas(),
              options.states().orElse(null),
              optimizerStates(round),
              residuals(round),
              task);
      long broadcast = System.nanoTime();

      ReducePlan plan = reducePlan(state);
      try (PieceShuffle shuffle =
          new PieceShuffle(spark, slices.mapPartitionsWithIndex(stage, false), plan.partitions())) {
        JavaPairRDD<PieceKey, byte[]> pieces = shuffle.pieces();
        List<Outcome.Trained<M>> trained = outcomes(pieces);
        long computed = System.nanoTime();

        List<Participant> participants = participants(trained);
        Drift drift = new Drift(state.parameters().plan().chunks());
        ChunkAverager averager =
            new ChunkAverager(
                round,
                participants,
                options.deltas().format(),
                options.outer(),
                parameters,
                outerState);
        RoundState next = collect(pieces.mapPartitions(averager), plan, state, trained, drift);
        long averaged = System.nanoTime();

        List<ReplicaReport<M>> reports = trained.stream().map(Outcome.Trained::report).toList();
        double compute = reports.stream().mapToDouble(ReplicaReport::seconds).average().orElse(0);
        RoundTimings timings =
            new RoundTimings(
                (broadcast - start) * 1e-9,
                compute,
                Math.max(0, (computed - broadcast) * 1e-9 - compute),
                (averaged - computed) * 1e-9);
        RoundTraffic traffic =
            new RoundTraffic(
                trained.stream().mapToLong(Outcome.Trained::sentBytes).sum(), broadcasts.bytes());
        return new RoundResult<>(
            next, reports, timings, traffic, drift.ofReplicas(options.replicas(), participants));
      }
    }
  }

  /** How many replicas have kept an optimizer state of the round before. */
  private int optimizerStates(int round) {
    return round > 1 && options.optimizerState() == OptimizerStatePolicy.KEPT
        ? options.states().get().optimizerStates(round - 1)
        : 0;
  }

  /** How many replicas have a residual of the round before. */
  private int residuals(int round) {
    return round > 1 && options.deltas().errorFeedback()
        ? options.states().get().residuals(round - 1, options.replicas())
        : 0;
  }

  /** Zeros in a later round would pass for a state of all rounds before it. */
  private void requireOuterState(RoundState state) {
    int found = state.outerState().size();
    int wanted = options.outer().stateVectors();
    if (found != wanted && !(found == 0 && state.round() == 0)) {
      throw new IllegalArgumentException(
          String.format(
              "The state after round %d has %d vectors of an outer optimizer, but %s keeps %d",
              state.round(), found, options.outer(), wanted));
    }
  }

  private List<ChunkedVector> startingState(RoundState state) {
    return options.optimizerState() == OptimizerStatePolicy.AVERAGED
        ? state.optimizerState()
        : List.of();
  }

  private ReducePlan reducePlan(RoundState state) {
    long length = state.parameters().length();
    long stateLength = 0;
    if (options.optimizerState() == OptimizerStatePolicy.AVERAGED) {
      stateLength =
          state.optimizerState().isEmpty()
              ? USUAL_STATE_VECTORS * length
              : state.optimizerState().stream().mapToLong(ChunkedVector::length).sum();
    }
    long bytes = Float.BYTES * (length * (1 + options.outer().stateVectors()) + stateLength);
    long maxResultSize = resultsAtATime();
    return options.reducers().isPresent()
        ? ReducePlan.withPartitions(options.reducers().getAsInt(), bytes, maxResultSize)
        : ReducePlan.of(
            state.parameters().plan().chunks(), bytes, spark.defaultParallelism(), maxResultSize);
  }

  /**
   * Spark's limit, and no more than a part of the heap, on which results lie twice for a moment.
   */
  private long resultsAtATime() {
    long limit = spark.getConf().getSizeAsBytes("spark.driver.maxResultSize", "1g");
    long part = Runtime.getRuntime().maxMemory() / 4;
    return limit == 0 ? part : Math.min(limit, part);
  }

  /** Runs the training stage: asking for the reports' partition needs all of it. */
  private <M extends Serializable> List<Outcome.Trained<M>> outcomes(
      JavaPairRDD<PieceKey, byte[]> pieces) {
    List<Outcome.Trained<M>> trained = new ArrayList<>();
    for (byte[] bytes :
        pieces.values().collectPartitions(new int[] {PiecePartitioner.REPORTS})[0]) {
      Outcome<M> outcome = Outcome.fromBytes(bytes);
      if (outcome instanceof Outcome.Ended<M> ended) {
        throw ended.cause();
      }
      trained.add((Outcome.Trained<M>) outcome);
    }
    if (trained.size() != options.replicas()) {
      throw new IllegalStateException(
          trained.size() + " replicas reported, not " + options.replicas());
    }
    return trained;
  }

  private static <M extends Serializable> List<Participant> participants(
      List<Outcome.Trained<M>> trained) {
    List<Participant> participants =
        Participant.of(trained.stream().map(Outcome.Trained::report).toList());
    if (participants.isEmpty()) {
      throw new IllegalStateException("No replica took a step: the round has no data");
    }
    return participants;
  }

  private <M extends Serializable> RoundState collect(
      JavaRDD<AveragedChunk> chunks,
      ReducePlan plan,
      RoundState state,
      List<Outcome.Trained<M>> trained,
      Drift drift) {
    Map<Kind, List<ChunkedVector>> vectors = awaited(state, trained);
    for (int first = 1; first <= plan.partitions(); first += plan.partitionsPerJob()) {
      int last = Math.min(first + plan.partitionsPerJob() - 1, plan.partitions());
      int[] partitions = IntStream.rangeClosed(first, last).toArray();
      for (List<AveragedChunk> partition : chunks.collectPartitions(partitions)) {
        for (AveragedChunk chunk : partition) {
          vectors.get(chunk.kind()).get(chunk.vector()).adopt(chunk.chunk(), chunk.values());
          if (chunk.kind() == Kind.PARAMETERS) {
            drift.add(chunk.chunk(), chunk.squares());
          }
        }
      }
    }
    vectors.values().forEach(all -> all.forEach(ChunkedVector::requireComplete));
    long steps = trained.stream().mapToLong(outcome -> outcome.report().steps()).max().orElse(0);
    return new RoundState(
        state.round() + 1,
        state.completedSteps() + steps,
        vectors.get(Kind.PARAMETERS).get(0),
        vectors.get(Kind.OPTIMIZER_STATE),
        vectors.get(Kind.OUTER_STATE));
  }

  /** The vectors of the next state, without their chunks. */
  private <M extends Serializable> Map<Kind, List<ChunkedVector>> awaited(
      RoundState state, List<Outcome.Trained<M>> trained) {
    ChunkPlan plan = state.parameters().plan();
    List<List<Long>> lengths =
        trained.stream()
            .filter(outcome -> outcome.report().steps() > 0)
            .map(Outcome.Trained::stateLengths)
            .distinct()
            .toList();
    if (lengths.size() != 1) {
      throw new IllegalStateException(
          "The replicas' optimizer states differ in their lengths: " + lengths);
    }
    Map<Kind, List<ChunkedVector>> vectors = new EnumMap<>(Kind.class);
    vectors.put(Kind.PARAMETERS, List.of(awaiting(plan)));
    vectors.put(
        Kind.OPTIMIZER_STATE,
        lengths.get(0).stream()
            .map(length -> awaiting(new ChunkPlan(length, plan.chunkSize())))
            .toList());
    vectors.put(
        Kind.OUTER_STATE,
        IntStream.range(0, options.outer().stateVectors())
            .mapToObj(ignored -> awaiting(plan))
            .toList());
    return vectors;
  }

  private ChunkedVector awaiting(ChunkPlan plan) {
    return ChunkedVector.awaiting(plan, options.storage().store(plan));
  }
}
