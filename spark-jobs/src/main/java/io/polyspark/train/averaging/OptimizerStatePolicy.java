package io.polyspark.train.averaging;

/**
 * What happens to the state of the replicas' own optimizers between two rounds. P is the number of
 * parameters, S the number of state vectors as long as they are (2 for AdamW), W the number of
 * replicas; sizes are in float32 elements. Step counts go on across rounds under all three.
 */
public enum OptimizerStatePolicy {
  /**
   * The state is averaged like the parameters, and every replica starts from the mean. Costs S * P
   * more to broadcast to every executor, S * P more in the shuffle per replica, and S * P more of
   * the driver's memory and of a checkpoint.
   */
  AVERAGED,

  /**
   * Each replica goes on with its own state. Nothing travels to the driver, but every task writes S
   * * P to the run's file system and reads as much in the next round; W * S * P stay there for the
   * newest round and for every round with a checkpoint.
   */
  KEPT,

  /**
   * Every replica starts every round with a new state. Costs nothing, and the optimizer has to find
   * its moments again in each round: use it with long rounds.
   */
  RESET
}
