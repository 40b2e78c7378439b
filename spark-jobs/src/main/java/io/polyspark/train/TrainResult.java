package io.polyspark.train;

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
 */
public record TrainResult(
    Path checkpoint,
    Path data,
    int rounds,
    long tokensSeen,
    double loss,
    OptionalDouble validationLoss) {}
