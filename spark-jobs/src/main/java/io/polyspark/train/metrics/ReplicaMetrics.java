package io.polyspark.train.metrics;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;

/**
 * One replica in one round.
 *
 * @param replica the replica, from 0
 * @param host the machine that trained it
 * @param executor Spark's name of the executor there
 * @param gpu the address of the GPU that Spark gave it; empty where it computed on the CPU
 * @param steps optimizer steps that it took
 * @param tokensPerSecond its tokens over the time of its steps
 * @param drift how far it came from the mean of all replicas, as a multiple of how far that has
 *     come in the round: {@code ||theta_w - mean|| / ||mean - theta_r||} over all parameters, 0
 *     where the mean has not moved
 * @param lastSeen when its last step ended by the clock of its machine, milliseconds since 1970
 * @param card how it used its card; null where it computed on the CPU
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ReplicaMetrics(
    int replica,
    String host,
    String executor,
    String gpu,
    int steps,
    double tokensPerSecond,
    double drift,
    long lastSeen,
    @JsonInclude(JsonInclude.Include.NON_NULL) CardMetrics card)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
