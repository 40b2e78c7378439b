package io.polyspark.train;

/**
 * What a round is to be.
 *
 * @param replicas W
 * @param steps H, which every replica takes unless it is late
 * @param limitSeconds the time after which a replica ends its round with the step that it is in,
 *     from when its task begins to train; infinite where there is none
 */
record RoundPlan(int replicas, int steps, double limitSeconds) {}
