package io.polyspark.prep.tokenize;

/** Consecutive tokens of one side, encoded as in a shard. */
public final class TokenChunk implements TokenizeOutput {
  private static final long serialVersionUID = 1L;

  private final Side side;
  private final byte[] tokens;

  /** Takes over the bytes. */
  TokenChunk(Side side, byte[] tokens) {
    this.side = side;
    this.tokens = tokens;
  }

  /** Whose they are. */
  public Side side() {
    return side;
  }

  /** The encoded tokens; the chunk's own array, not to be changed. */
  public byte[] tokens() {
    return tokens;
  }
}
