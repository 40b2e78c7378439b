/**
 * Local training and averaging in rounds, for replicas of any kind: {@link
 * io.polyspark.train.averaging.RoundLoop} runs rounds, {@link
 * io.polyspark.train.averaging.AveragingRound} one of them on the cluster, a {@link
 * io.polyspark.train.averaging.ReplicaTask} one replica of one round on an executor. {@link
 * io.polyspark.train.averaging.AveragingTrainingMaster} puts the same behind DL4J's own interface.
 *
 * <p>All that a round depends on is in its {@link io.polyspark.train.averaging.RoundState} and its
 * task, all that it leaves in the next state (and, where replicas keep optimizer state or
 * residuals, in {@link io.polyspark.train.averaging.ReplicaStates}): executors remember nothing, so
 * work that Spark runs again gives the same bits. Letters: P parameters, W replicas, H steps per
 * round, theta_r the parameters that round r starts from, theta_w those that replica w arrives at.
 */
package io.polyspark.train.averaging;
