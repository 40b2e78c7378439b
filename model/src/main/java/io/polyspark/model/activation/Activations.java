package io.polyspark.model.activation;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The activations that {@code hidden_act} can name. */
public final class Activations {
  private static final Map<String, MlpActivation> BY_NAME = new LinkedHashMap<>();

  static {
    register(new PolyNorm());
    register(new PolyReLU());
    register(new SwiGLU());
    register(new GELU());
    register(new ReLU());
  }

  private Activations() {}

  private static void register(MlpActivation activation) {
    BY_NAME.put(activation.name(), activation);
  }

  /** All names, in the order in which messages list them. */
  public static Set<String> names() {
    return java.util.Collections.unmodifiableSet(BY_NAME.keySet());
  }

  /**
   * The activation of that name.
   *
   * @throws IllegalArgumentException if there is none; configurations are checked earlier
   */
  public static MlpActivation named(String name) {
    MlpActivation activation = BY_NAME.get(name);
    if (activation == null) {
      throw new IllegalArgumentException("No activation is called '" + name + "'");
    }
    return activation;
  }
}
