package io.polyspark.model.read;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;

/**
 * Files as chance or malice leaves them: a valid one with bits flipped, an end cut off, slices
 * moved, lengths and numbers made absurd, values replaced, nested deeply, or no UTF-8. The same
 * seed gives the same files.
 */
public final class Mutations {
  private static final List<String> NUMBERS =
      List.of(
          "2147483647",
          "2147483648",
          "-2147483648",
          "4294967295",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551616",
          "1e400",
          "1e9",
          "-1",
          "-0",
          "0",
          "0.5",
          "NaN",
          "Infinity",
          "1e-400",
          "0x7fffffff",
          "1e999999999",
          "9".repeat(5000),
          "0." + "3".repeat(5000));

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "[]",
          "{}",
          "\"\"",
          "[null]",
          "{\"a\":{}}",
          "\"../../../../etc/passwd\"",
          "\"/dev/zero\"",
          "\"a:b\"",
          "\"a\\u0000b\\u001b[31m\\n\"",
          "\"\\ud800\"",
          "\"" + "x".repeat(60_000) + "\"",
          "*anchor",
          "!!javax.script.ScriptEngineManager [x]",
          "&a [*a, *a]");

  private static final long[] LENGTHS = {
    -1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, 1L << 32, 100_000_000, 99_999_999, 0, 1
  };

  private final Random random;

  public Mutations(long seed) {
    this.random = new Random(seed);
  }

  /** A damaged copy: one mutation, or up to three. */
  public byte[] of(byte[] whole) {
    byte[] bytes = once(whole);
    for (int more = coin() ? 0 : random.nextInt(3); more > 0; more--) {
      bytes = once(bytes);
    }
    return bytes;
  }

  /** As {@link #of}, or valid JSON again, but with other values. */
  public byte[] ofJson(byte[] whole) {
    return coin() ? of(whole) : new JsonMutations(random).of(whole);
  }

  /** True once in two. */
  public boolean coin() {
    return random.nextBoolean();
  }

  private byte[] once(byte[] bytes) {
    int length = bytes.length;
    int from = random.nextInt(length + 1);
    int to = Math.min(length, from + random.nextInt(1 + Math.max(1, length / 4)));
    return switch (random.nextInt(13)) {
      case 0 -> flipped(bytes);
      case 1 -> replaced(bytes, from, length, new byte[0]);
      case 2 -> withLength(bytes, coin() ? 0 : from);
      case 3 -> replaced(bytes, from, to, new byte[0]);
      case 4 -> replaced(bytes, to, to, slice(bytes, from, to));
      case 5 -> replaced(bytes, random.nextInt(length + 1), from, slice(bytes, from, to));
      case 6 -> replaced(bytes, from, from, noise());
      case 7, 8 -> token(bytes, c -> (c >= '0' && c <= '9') || c == '.' || c == '-', pick(NUMBERS));
      case 9 -> token(bytes, c -> c != '"' && c != '\n' && c != ',' && c != ':', pick(VALUES));
      case 10 -> token(bytes, c -> c >= '0' && c <= '9', nested());
      case 11 -> quoted(bytes, pick(VALUES));
      default -> replaced(bytes, coin() ? length : from, coin() ? length : from, pick(VALUES));
    };
  }

  private byte[] flipped(byte[] bytes) {
    byte[] copy = bytes.clone();
    for (int left = copy.length == 0 ? 0 : 1 + random.nextInt(8); left > 0; left--) {
      copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return copy;
  }

  private byte[] withLength(byte[] bytes, int at) {
    byte[] copy = bytes.clone();
    if (at + Long.BYTES <= copy.length) {
      long absurd = LENGTHS[random.nextInt(LENGTHS.length)];
      ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putLong(at, absurd);
    }
    return copy;
  }

  private byte[] noise() {
    byte[] noise = new byte[1 + random.nextInt(40)];
    random.nextBytes(noise);
    return noise;
  }

  private byte[] nested() {
    int depth = 1 + random.nextInt(coin() ? 100 : 20_000);
    return switch (random.nextInt(4)) {
      case 0 -> "[".repeat(depth).getBytes(UTF_8);
      case 1 -> "{\"a\":".repeat(depth).getBytes(UTF_8);
      case 2 -> ("[".repeat(depth) + "]".repeat(depth)).getBytes(UTF_8);
      default -> ("\n" + "- ".repeat(depth) + "\n").getBytes(UTF_8);
    };
  }

  private byte[] pick(List<String> texts) {
    return texts.get(random.nextInt(texts.size())).getBytes(UTF_8);
  }

  /** Replaces one of the longest runs of bytes that are of a kind. */
  private byte[] token(byte[] bytes, IntPredicate kind, byte[] by) {
    List<int[]> runs = new ArrayList<>();
    for (int start = 0; start < bytes.length; start++) {
      int end = start;
      while (end < bytes.length && kind.test(bytes[end] & 0xff)) {
        end++;
      }
      if (end > start) {
        runs.add(new int[] {start, end});
        start = end;
      }
    }
    return at(runs, bytes, by);
  }

  /** Replaces a string with its quotes. */
  private byte[] quoted(byte[] bytes, byte[] by) {
    List<int[]> strings = new ArrayList<>();
    int open = -1;
    for (int at = 0; at < bytes.length; at++) {
      if (bytes[at] == '"') {
        if (open >= 0) {
          strings.add(new int[] {open, at + 1});
          open = -1;
        } else {
          open = at;
        }
      }
    }
    return at(strings, bytes, by);
  }

  private byte[] at(List<int[]> places, byte[] bytes, byte[] by) {
    if (places.isEmpty()) {
      return flipped(bytes);
    }
    int[] place = places.get(random.nextInt(places.size()));
    return replaced(bytes, place[0], place[1], by);
  }

  private static byte[] slice(byte[] bytes, int from, int to) {
    return java.util.Arrays.copyOfRange(bytes, from, to);
  }

  private static byte[] replaced(byte[] bytes, int one, int other, byte[] by) {
    int from = Math.min(one, other);
    int to = Math.max(one, other);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, from);
    out.writeBytes(by);
    out.write(bytes, to, bytes.length - to);
    return out.toByteArray();
  }
}
