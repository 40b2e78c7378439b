package io.polyspark.train.metrics;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One round of all replicas. Its key is (round).
 *
 * @param round the round, from 1
 * @param step steps of the run that are completed: in each round the most that a replica took
 * @param replicaSteps the steps of each replica in this round, in replica order; fewer for one that
 *     reached its deadline
 * @param loss mean over the replicas and steps of the round, nats per token
 * @param validationLoss cross-entropy of the averaged model on the validation split, nats per
 *     token, in the rounds that measure it
 * @param tokensSeen tokens that all replicas have trained on since the run's first round
 * @param seconds wall time since the record before, everything in it
 * @param computeSeconds time of a replica's task, mean over the replicas
 * @param averageSeconds from the last replica's delta to the new parameters on the driver
 * @param waitSeconds what else the training stage took: slower replicas, queues, scheduling
 * @param broadcastSeconds time to make the parameters ready to be fetched
 * @param checkpointSeconds time to write the checkpoint of the round before, 0 where it has none: a
 *     round is recorded before its own checkpoint, which then finds its metrics complete
 * @param sentBytes all chunks that the replicas sent to be averaged
 * @param broadcastBytes all chunks that the driver broadcast, which each executor fetches once
 * @param outsideShare the share of {@code seconds} in which even the slowest replica took no step:
 *     1 - (its steps' seconds) / {@code seconds}
 * @param tokensPerSecond the round's tokens over {@code seconds}
 * @param coefficients trained activation coefficients by parameter name, in the model's order
 * @param experts one record per layer of a mixture of experts; empty for a dense model
 * @param health how well the round went
 * @param time when the round was recorded, milliseconds since 1970
 * @param replicas one record per replica, in replica order
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record RoundMetrics(
    int round,
    long step,
    List<Integer> replicaSteps,
    double loss,
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonSerialize(using = OptionalDoubleJson.Writer.class)
        @JsonDeserialize(using = OptionalDoubleJson.Reader.class)
        OptionalDouble validationLoss,
    long tokensSeen,
    double seconds,
    double computeSeconds,
    double averageSeconds,
    double waitSeconds,
    double broadcastSeconds,
    double checkpointSeconds,
    long sentBytes,
    long broadcastBytes,
    double outsideShare,
    double tokensPerSecond,
    Map<String, double[]> coefficients,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ExpertMetrics> experts,
    HealthMetrics health,
    long time,
    List<ReplicaMetrics> replicas)
    implements Metrics {
  private static final long serialVersionUID = 1L;

  /** Copies the lists, and takes none, where a record was read that lacks one, for empty. */
  public RoundMetrics {
    replicaSteps = replicaSteps == null ? List.of() : List.copyOf(replicaSteps);
    coefficients = coefficients == null ? Map.of() : coefficients;
    experts = experts == null ? List.of() : List.copyOf(experts);
    health = health == null ? HealthMetrics.UNKNOWN : health;
    replicas = replicas == null ? List.of() : List.copyOf(replicas);
  }
}
