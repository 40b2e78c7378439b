package io.polyspark.train.averaging;

/**
 * What a round has sent over the network, or would have where tasks ran beside each other, before
 * Spark compresses it. What Spark sends again (a task that runs again, say) counts once.
 *
 * @param sentBytes all chunks that the replicas sent to be averaged: deltas, and optimizer state
 *     where it is averaged. Their reports, some kilobytes, are left out.
 * @param broadcastBytes all chunks that the driver broadcast; each executor fetches those that its
 *     tasks need, at most once
 */
public record RoundTraffic(long sentBytes, long broadcastBytes) {}
