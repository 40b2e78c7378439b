package io.polyspark.train.averaging;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Plain averages, but the first executor that computes one dies of it, and the pieces that lay on
 * its disk are lost.
 *
 * @param marker a file that tells that it has happened
 */
record DyingOuter(String marker) implements OuterOptimizer {
  @Override
  public List<String> stateNames() {
    return List.of();
  }

  @Override
  public void step(
      int round,
      float[] parameters,
      double[] pseudoGradient,
      List<float[]> state,
      float[] nextParameters,
      List<float[]> nextState) {
    try {
      Files.createFile(Path.of(marker));
      Runtime.getRuntime().halt(1);
    } catch (FileAlreadyExistsException e) {
      OuterOptimizer.average()
          .step(round, parameters, pseudoGradient, state, nextParameters, nextState);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
