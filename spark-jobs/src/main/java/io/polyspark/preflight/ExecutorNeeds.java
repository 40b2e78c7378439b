package io.polyspark.preflight;

import io.polyspark.model.tensor.Device;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * What a run will ask of an executor.
 *
 * @param replicaBytes what a replica takes, and what it validates with, in the memory of whatever
 *     computes
 * @param device where a replica computes
 * @param cores that a replica computes with
 * @param gpus the addresses of the GPUs that Spark gave to the task; empty where it gave none
 * @param data the token shards
 * @param hadoop for file systems
 */
public record ExecutorNeeds(
    long replicaBytes,
    Device device,
    int cores,
    List<String> gpus,
    Path data,
    Configuration hadoop) {}
