package io.polyspark.train;

import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.hadoop.fs.Path;

/**
 * What a run has come to.
 *
 * @param checkpoint its last checkpoint
 * @param data the corpus that it was trained on; of one that grows, the manifest of the version
 * @param rounds rounds completed, those before a resume included
 * @param tokensSeen tokens that all replicas have trained on
 * @param loss training loss of the last round, nats per token
 * @param validationLoss of the last round that measured it, nats per token
 * @param stopped the signal that has stopped the run before its last step; empty where none has
 */
public record TrainResult(
    Path checkpoint,
    Path data,
    int rounds,
    long tokensSeen,
    double loss,
    OptionalDouble validationLoss,
    Optional<String> stopped) {}
