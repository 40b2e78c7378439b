package io.polyspark.model.tokenize;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Finds added tokens in a text, the leftmost first and of those the longest, as the library's
 * Aho-Corasick automaton does: a tree of their bytes.
 */
final class AddedTokens {
  /** Each byte of each token may be a node of 256 children. */
  static final int MOST_BYTES = 1 << 14;

  private static final int BYTES = 256;

  /** The child by node and byte; 0, the root, is nobody's child. */
  private int[] children = new int[BYTES];

  private int[] ids = {-1};
  private int[] lengths = {0};
  private int nodes = 1;

  /**
   * Builds the tree.
   *
   * @param tokens their ids by what they stand for, which is not empty
   */
  AddedTokens(Map<String, Integer> tokens) {
    tokens.forEach((content, id) -> add(content.getBytes(StandardCharsets.UTF_8), id));
  }

  private void add(byte[] content, int id) {
    int node = 0;
    for (byte value : content) {
      int edge = node * BYTES + (value & 0xff);
      if (children[edge] == 0) {
        int child = newNode();
        children[edge] = child;
      }
      node = children[edge];
    }
    ids[node] = id;
    lengths[node] = content.length;
  }

  private int newNode() {
    if (nodes == ids.length) {
      children = Arrays.copyOf(children, 2 * children.length);
      ids = Arrays.copyOf(ids, 2 * nodes);
      Arrays.fill(ids, nodes, 2 * nodes, -1);
      lengths = Arrays.copyOf(lengths, 2 * nodes);
    }
    return nodes++;
  }

  boolean isEmpty() {
    return nodes == 1;
  }

  /** Where the next token starts, at {@code from} or later; {@code limit} if there is none. */
  int next(byte[] text, int from, int limit) {
    for (int at = from; at < limit; at++) {
      if (children[text[at] & 0xff] != 0 && longest(text, at, limit) != 0) {
        return at;
      }
    }
    return limit;
  }

  /** The longest token that starts here, for {@link #id} and {@link #length}; 0 if none does. */
  int longest(byte[] text, int start, int limit) {
    int found = 0;
    int node = 0;
    for (int at = start; at < limit; at++) {
      node = children[node * BYTES + (text[at] & 0xff)];
      if (node == 0) {
        break;
      }
      if (ids[node] >= 0) {
        found = node;
      }
    }
    return found;
  }

  int id(int token) {
    return ids[token];
  }

  /** In bytes. */
  int length(int token) {
    return lengths[token];
  }
}
