package io.polyspark.model.read;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** JSON that is whole but says something else: values replaced, taken away, or put elsewhere. */
final class JsonMutations {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<JsonNode> VALUES =
      List.of(
          NODES.nullNode(),
          NODES.booleanNode(true),
          NODES.numberNode(-1),
          NODES.numberNode(0),
          NODES.numberNode(Integer.MAX_VALUE),
          NODES.numberNode(1L << 32),
          NODES.numberNode(Long.MAX_VALUE),
          NODES.numberNode(BigInteger.TWO.pow(64)),
          NODES.numberNode(0.5),
          NODES.numberNode(1e300),
          NODES.textNode("NaN"),
          NODES.textNode(""),
          NODES.textNode("a"),
          NODES.textNode("../x"),
          NODES.textNode("\u0000\n\ud800"),
          NODES.textNode("y".repeat(30_000)),
          NODES.arrayNode(),
          NODES.arrayNode().addNull(),
          NODES.objectNode(),
          NODES.objectNode().put("type", "Strip").put("length", 0).put("stop", 3));

  /** A place of a value. */
  private record Slot(ContainerNode<?> parent, String key, int index) {
    JsonNode value() {
      return key == null ? parent.get(index) : parent.get(key);
    }

    void set(JsonNode value) {
      if (parent instanceof ArrayNode array) {
        array.set(index, value);
      } else if (parent instanceof ObjectNode object) {
        object.set(key, value);
      }
    }

    void remove() {
      if (parent instanceof ArrayNode array) {
        array.remove(index);
      } else if (parent instanceof ObjectNode object) {
        object.remove(key);
      }
    }
  }

  private final Random random;

  JsonMutations(Random random) {
    this.random = random;
  }

  /** A copy with one value changed, or two. */
  byte[] of(byte[] whole) {
    try {
      JsonNode root = JSON.readTree(whole);
      for (int left = 1 + random.nextInt(2); left > 0; left--) {
        List<Slot> slots = new ArrayList<>();
        collect(root, slots);
        if (!slots.isEmpty()) {
          change(slots);
        }
      }
      return JSON.writeValueAsBytes(root);
    } catch (IOException e) {
      throw new IllegalArgumentException("the file is to be valid JSON", e);
    }
  }

  private void change(List<Slot> slots) {
    Slot slot = slots.get(random.nextInt(slots.size()));
    switch (random.nextInt(6)) {
      case 0 -> slot.remove();
      case 1 -> slot.set(slots.get(random.nextInt(slots.size())).value().deepCopy());
      default -> slot.set(VALUES.get(random.nextInt(VALUES.size())));
    }
  }

  private static void collect(JsonNode node, List<Slot> into) {
    if (node instanceof ObjectNode object) {
      object.fieldNames().forEachRemaining(key -> into.add(new Slot(object, key, 0)));
    } else if (node instanceof ArrayNode array) {
      IntStream.range(0, array.size()).forEach(i -> into.add(new Slot(array, null, i)));
    }
    node.forEach(child -> collect(child, into));
  }
}
