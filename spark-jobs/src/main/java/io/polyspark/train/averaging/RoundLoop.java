package io.polyspark.train.averaging;

import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Round after round, until told to stop: makes each round's task from the state that it starts
 * from, hands every result to the caller, and deletes the replica states that nobody needs any
 * more.
 *
 * @param <M> what replicas report, see {@link ReplicaTask}
 */
public final class RoundLoop<M extends Serializable> {
  private static final Logger LOG = LoggerFactory.getLogger(RoundLoop.class);

  private final AveragingRound round;
  private final Steering<M> steering;

  public RoundLoop(AveragingRound round, Steering<M> steering) {
    this.round = round;
    this.steering = steering;
  }

  /**
   * What a round is to do.
   *
   * @param replicas W, at least 1; it may change from round to round
   * @param task what each of them does
   */
  public record Assignment<M extends Serializable>(int replicas, ReplicaTask<M> task) {}

  /** What the caller decides, round by round, all on the thread that called {@link #run}. */
  public interface Steering<M extends Serializable> {
    /** The round that starts from {@code state}. */
    Assignment<M> assign(RoundState state);

    /**
     * Called after every round: the place for metrics, validation, checkpoints. An exception ends
     * the loop.
     */
    void finished(RoundResult<M> result);

    /**
     * The rounds that a checkpoint goes back to, asked after {@link #finished}: their kept replica
     * states stay.
     *
     * @throws UncheckedIOException if they cannot be found out now; all states stay
     */
    Set<Integer> checkpointedRounds();

    /** Whether the round that is finished was the last, though steps are left. */
    default boolean stopped() {
      return false;
    }
  }

  /**
   * Runs rounds until so many steps are completed.
   *
   * @param start makes the state that the first round starts from, once; nobody else may hold it,
   *     since every state is as large as the model and ends with its round
   * @param steps over all rounds, those before {@code start} included
   * @return the state after the last round, for the caller to release
   * @throws DivergedException as {@link AveragingRound#run} does
   */
  public RoundState run(Supplier<RoundState> start, long steps) {
    RoundState state = start.get();
    while (state.completedSteps() < steps && !steering.stopped()) {
      Assignment<M> assigned = steering.assign(state);
      RoundResult<M> result = round.withReplicas(assigned.replicas()).run(state, assigned.task());
      state.release();
      state = result.next();
      steering.finished(result);
      deleteOldStates(state.round());
    }
    return state;
  }

  private void deleteOldStates(int newest) {
    Optional<ReplicaStates> states = round.options().states();
    if (states.isEmpty()) {
      return;
    }
    try {
      Set<Integer> needed = new HashSet<>(steering.checkpointedRounds());
      needed.add(newest);
      states.get().retain(needed);
    } catch (UncheckedIOException e) {
      LOG.warn("Old replica states stay until the next round is over: {}", e.getMessage());
    }
  }
}
