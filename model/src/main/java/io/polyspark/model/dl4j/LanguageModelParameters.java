package io.polyspark.model.dl4j;

import io.polyspark.model.tensor.nd4j.Nd4jFlatVector;
import io.polyspark.model.transformer.Initializer;
import io.polyspark.model.transformer.ParameterLayout;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The parameters of {@link CausalLanguageModel} as DL4J sees them: row-major views of its flat
 * vector, in the order of {@link ParameterLayout}.
 */
final class LanguageModelParameters implements ParamInitializer {
  static final LanguageModelParameters INSTANCE = new LanguageModelParameters();

  private LanguageModelParameters() {}

  /**
   * DL4J cuts the names of a graph's parameters at the last underscore, so a parameter's own name
   * has none.
   */
  static String key(String name) {
    return name.replace('_', '-');
  }

  @Override
  public long numParams(NeuralNetConfiguration configuration) {
    return numParams(configuration.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    return entries(layer).values().stream().mapToLong(ParameterLayout.Entry::length).sum();
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    return List.copyOf(entries(layer).keySet());
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return entries(layer).keySet().stream().filter(key -> isWeightParam(layer, key)).toList();
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return entries(layer).keySet().stream().filter(key -> isBiasParam(layer, key)).toList();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    ParameterLayout.Entry entry = entries(layer).get(key);
    return entry != null && entry.decays();
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    ParameterLayout.Entry entry = entries(layer).get(key);
    return entry != null && !entry.decays();
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration configuration, INDArray flat, boolean initialize) {
    CausalLanguageModel layer = (CausalLanguageModel) configuration.getLayer();
    Map<String, INDArray> views = Collections.synchronizedMap(views(layer, flat));
    views.keySet().forEach(configuration::addVariable);
    if (initialize) {
      new Initializer(layer.config()).initialize(configuration.getSeed(), new Nd4jFlatVector(flat));
    }
    return views;
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration configuration, INDArray flat) {
    return views((CausalLanguageModel) configuration.getLayer(), flat);
  }

  private static Map<String, INDArray> views(CausalLanguageModel layer, INDArray flat) {
    Map<String, INDArray> views = new LinkedHashMap<>();
    layer.entries().forEach((key, entry) -> views.put(key, view(flat, entry)));
    return views;
  }

  /** A parameter in the flat vector: [out, in], or [1, length]. */
  static INDArray view(INDArray flat, ParameterLayout.Entry entry) {
    long rows = entry.shape().size() == 2 ? entry.shape().get(0) : 1;
    return flat.reshape(flat.length())
        .get(NDArrayIndex.interval(entry.offset(), entry.offset() + entry.length()))
        .reshape('c', rows, entry.length() / rows);
  }

  private static Map<String, ParameterLayout.Entry> entries(Layer layer) {
    return ((CausalLanguageModel) layer).entries();
  }
}
