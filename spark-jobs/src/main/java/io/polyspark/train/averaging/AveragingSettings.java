package io.polyspark.train.averaging;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * What an {@link AveragingTrainingMaster} can be told, as its JSON and YAML hold it.
 *
 * @param replicas W
 * @param averagingFrequency minibatches of a replica between averages, 0 for one average per fit
 * @param updaterState what happens to the updater state between rounds
 * @param replicaStates directory for what replicas keep; null unless they keep optimizer states or
 *     residuals
 * @param chunkSize elements of a chunk
 * @param outer the outer optimizer; left out, as before there was a choice, it is the average
 * @param deltas how deltas travel; left out, as they are
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record AveragingSettings(
    @JsonProperty(value = "replicas", required = true) int replicas,
    @JsonProperty("averaging_frequency") int averagingFrequency,
    @JsonProperty(value = "updater_state", required = true) OptimizerStatePolicy updaterState,
    @JsonProperty("replica_states") String replicaStates,
    @JsonProperty(value = "chunk_size", required = true) int chunkSize,
    @JsonProperty("averaging") OuterOptimizer outer,
    @JsonProperty("deltas") Deltas deltas) {

  AveragingSettings {
    outer = outer == null ? OuterOptimizer.average() : outer;
    deltas = deltas == null ? Deltas.EXACT : deltas;
    if (replicas < 1) {
      throw new IllegalArgumentException("There must be at least 1 replica, not " + replicas);
    }
    if (averagingFrequency < 0) {
      throw new IllegalArgumentException(
          "The averaging frequency must be a number of minibatches, or 0 for one average per fit,"
              + " not "
              + averagingFrequency);
    }
    boolean kept = updaterState == OptimizerStatePolicy.KEPT || deltas.errorFeedback();
    if ((replicaStates != null) != kept) {
      throw new IllegalArgumentException(
          "A directory for replica states goes with the policy KEPT or error feedback and nothing"
              + " else, not with "
              + updaterState);
    }
    if (chunkSize < 1 || chunkSize > ChunkPlan.MAX_CHUNK_SIZE) {
      throw new IllegalArgumentException(
          "The chunk size must be in [1, " + ChunkPlan.MAX_CHUNK_SIZE + "], not " + chunkSize);
    }
  }

  AveragingOptions options(Configuration hadoop) {
    ReplicaStates states =
        replicaStates == null ? null : new ReplicaStates(new Path(replicaStates), hadoop);
    AveragingOptions options =
        switch (updaterState) {
          case AVERAGED -> AveragingOptions.averaged(replicas);
          case RESET -> AveragingOptions.reset(replicas);
          case KEPT -> AveragingOptions.kept(replicas, states);
        };
    options = options.withOuter(outer).withDeltas(deltas.format(), deltas.seed());
    return deltas.errorFeedback() ? options.withErrorFeedback(states) : options;
  }
}
