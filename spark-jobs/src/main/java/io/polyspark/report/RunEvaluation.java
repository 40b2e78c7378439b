package io.polyspark.report;

import io.polyspark.evaluate.Evaluation;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the evaluation of a run's newest checkpoint on the whole validation split came to.
 *
 * @param result the losses; none where it could not be evaluated
 * @param reason why not; empty where it was
 * @param entropyBitsPerByte the exact entropy of the text, where it is known
 */
public record RunEvaluation(
    Optional<Evaluation.Result> result, String reason, OptionalDouble entropyBitsPerByte) {
  /** One that came to its end. */
  public static RunEvaluation of(Evaluation.Result result, OptionalDouble entropyBitsPerByte) {
    return new RunEvaluation(Optional.of(result), "", entropyBitsPerByte);
  }

  /** One that could not be made. */
  public static RunEvaluation failed(String reason) {
    return new RunEvaluation(Optional.empty(), reason, OptionalDouble.empty());
  }
}
