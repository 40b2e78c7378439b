package io.polyspark.prep.shard;

import io.polyspark.model.shards.TokenType;
import io.polyspark.prep.tokenize.Side;
import io.polyspark.prep.tokenize.TokenChunk;
import io.polyspark.prep.tokenize.TokenizeOutput;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.NoSuchElementException;
import scala.Tuple2;

/** Cuts a partition's chunks where files end, each piece with its place. */
final class ShardPieces implements Iterator<Tuple2<ShardPosition, byte[]>> {
  private final ShardPlan plan;
  private final TokenType type;
  private final Iterator<TokenizeOutput> outputs;
  private final EnumMap<Side, Long> next = new EnumMap<>(Side.class);
  private final ArrayDeque<Tuple2<ShardPosition, byte[]>> ready = new ArrayDeque<>();

  ShardPieces(ShardPlan plan, TokenType type, int partition, Iterator<TokenizeOutput> outputs) {
    this.plan = plan;
    this.type = type;
    this.outputs = outputs;
    for (Side side : Side.values()) {
      next.put(side, plan.start(side, partition));
    }
  }

  @Override
  public boolean hasNext() {
    while (ready.isEmpty() && outputs.hasNext()) {
      if (outputs.next() instanceof TokenChunk chunk) {
        cut(chunk);
      }
    }
    return !ready.isEmpty();
  }

  @Override
  public Tuple2<ShardPosition, byte[]> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.remove();
  }

  private void cut(TokenChunk chunk) {
    byte[] bytes = chunk.tokens();
    Side side = chunk.side();
    for (int at = 0; at < bytes.length; ) {
      long token = next.get(side);
      long left = plan.leftInShard(token) * type.bytes();
      int length = (int) Math.min(bytes.length - at, left);
      ready.add(
          new Tuple2<>(
              new ShardPosition(plan.shardOf(side, token), token),
              Arrays.copyOfRange(bytes, at, at + length)));
      next.put(side, token + length / type.bytes());
      at += length;
    }
  }
}
