package io.polyspark.train.averaging;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.List;

/**
 * A replica in the mean of its round.
 *
 * @param replica the replica, from 0
 * @param weight its steps over the greatest common divisor of all replicas' steps: 1 for all where
 *     they took as many, so that the weighted mean is then the plain one bit for bit
 */
record Participant(int replica, long weight) implements Serializable {
  /** Those of the replicas that took a step, in the order of their reports. */
  static List<Participant> of(List<? extends ReplicaReport<?>> reports) {
    long divisor =
        reports.stream()
            .map(report -> BigInteger.valueOf(report.steps()))
            .reduce(BigInteger.ZERO, BigInteger::gcd)
            .longValueExact();
    return reports.stream()
        .filter(report -> report.steps() > 0)
        .map(report -> new Participant(report.replica(), report.steps() / divisor))
        .toList();
  }
}
