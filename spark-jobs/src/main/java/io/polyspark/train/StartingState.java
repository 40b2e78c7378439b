package io.polyspark.train;

import io.polyspark.model.checkpoint.Checkpoint;
import io.polyspark.model.transformer.Initializer;
import io.polyspark.model.transformer.ParameterLayout;
import io.polyspark.train.averaging.ChunkPlan;
import io.polyspark.train.averaging.ChunkedVector;
import io.polyspark.train.averaging.OptimizerStatePolicy;
import io.polyspark.train.averaging.RoundState;
import io.polyspark.train.averaging.StateStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the state that the rounds of a run start from; whoever gets one releases it.
 *
 * @param storage where the driver keeps its vectors
 */
record StartingState(TrainConfig config, StateStorage storage) {
  /** With the parameters that the seed draws. */
  RoundState atTheBeginning() {
    ChunkedVector parameters = zeros();
    new Initializer(config.model()).initialize(config.seed(), parameters);
    return RoundState.initial(parameters);
  }

  /** With what a checkpoint holds. */
  RoundState at(Checkpoint checkpoint) {
    try {
      return read(checkpoint);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + checkpoint.directory(), e);
    }
  }

  private RoundState read(Checkpoint checkpoint) throws IOException {
    ChunkedVector parameters = zeros();
    checkpoint.readParameters(parameters);
    List<ChunkedVector> moments = List.of();
    if (config.averaging().optimizerState() == OptimizerStatePolicy.AVERAGED) {
      moments = List.of(zeros(), zeros());
      checkpoint.readMoments(moments.get(0), moments.get(1));
    }
    List<ChunkedVector> outerState = new ArrayList<>();
    for (String name : config.averaging().outer().stateNames()) {
      ChunkedVector vector = zeros();
      checkpoint.readOuter(name, vector);
      outerState.add(vector);
    }
    return new RoundState(
        checkpoint.trainer().round(),
        checkpoint.trainer().completedSteps(),
        parameters,
        moments,
        outerState);
  }

  private ChunkedVector zeros() {
    long length = ParameterLayout.of(config.model()).length();
    return storage.zeros(new ChunkPlan(length, ChunkPlan.DEFAULT_CHUNK_SIZE));
  }
}
