package io.polyspark.faults;

/** Where in a round a process dies. */
enum Place {
  BROADCAST("io.polyspark.train.averaging.BroadcastVector", "copyTo", 3),
  TRAINING("io.polyspark.model.dl4j.Replica", "train", 40 + 40 + 31),
  /** A replica of the tests' model has two pieces, the second of which is its report. */
  SHUFFLE("io.polyspark.train.averaging.PieceIterator", "next", 5),
  AVERAGING("io.polyspark.train.averaging.ChunkAverager", "average", 2);

  private final String type;
  private final String method;
  private final int hit;

  Place(String type, String method, int hit) {
    this.type = type;
    this.method = method;
    this.hit = hit;
  }

  /**
   * In the third round, but for averaging, which one executor does for the one chunk of the tests'
   * model: the first executor that comes there so often.
   */
  Breakpoint breakpoint() throws Exception {
    return new Breakpoint(type, method, hit);
  }
}
