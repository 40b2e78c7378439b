package io.polyspark.train.averaging;

import java.io.Serializable;

/**
 * What the driver hears of one replica in one round.
 *
 * @param replica the replica, from 0
 * @param steps the optimizer steps it took
 * @param seconds how long the {@link ReplicaTask} ran, reading its input included
 * @param metrics what it reported
 */
public record ReplicaReport<M extends Serializable>(
    int replica, long steps, double seconds, M metrics) implements Serializable {}
