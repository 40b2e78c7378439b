package io.polyspark.model.transformer;

import io.polyspark.model.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** The parameters of a model, or their gradients, by name: views of one flat vector. */
public final class Parameters {
  private final ParameterLayout layout;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  private Parameters(ParameterLayout layout) {
    this.layout = layout;
  }

  /**
   * Makes a view per parameter.
   *
   * @param view gives the tensor of an entry: [out, in] for a matrix, [1, length] for a vector;
   *     null where memory is only counted
   */
  public static Parameters of(
      ParameterLayout layout, Function<ParameterLayout.Entry, Tensor> view) {
    Parameters parameters = new Parameters(layout);
    layout.entries().forEach(entry -> parameters.tensors.put(entry.name(), view.apply(entry)));
    return parameters;
  }

  /** Which parameter lies where. */
  public ParameterLayout layout() {
    return layout;
  }

  /**
   * One parameter.
   *
   * @throws IllegalArgumentException if the model has none of that name
   */
  public Tensor get(String name) {
    if (!tensors.containsKey(name)) {
      throw new IllegalArgumentException("The model has no parameter " + name);
    }
    return tensors.get(name);
  }

  /** Does something with every parameter, in the order of the layout. */
  public void forEach(Consumer<Tensor> action) {
    tensors.values().forEach(action);
  }
}
