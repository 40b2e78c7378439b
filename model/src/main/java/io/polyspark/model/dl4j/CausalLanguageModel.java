package io.polyspark.model.dl4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polyspark.model.config.ModelConfig;
import io.polyspark.model.transformer.ParameterLayout;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A whole decoder-only transformer as one DL4J output layer: tokens [B, T] in, targets [B, T] as
 * labels, mean cross-entropy (and the routers' losses) as score, all parameters in DL4J's flat
 * vector. The layer's configuration is the model's, as JSON, and how to compute it.
 */
public final class CausalLanguageModel extends BaseLayer {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper JSON = new ObjectMapper();

  private String model;
  private ComputeOptions computeOptions = ComputeOptions.DEFAULT;
  private transient ModelConfig config;
  private transient Map<String, ParameterLayout.Entry> entries;

  /** For DL4J's JSON. */
  public CausalLanguageModel() {}

  public CausalLanguageModel(ModelConfig config, ComputeOptions computeOptions) {
    this.config = config;
    this.computeOptions = computeOptions;
    this.activationFn = new ActivationIdentity();
    try {
      this.model = JSON.writeValueAsString(config.toMap());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The model's configuration as JSON. */
  public String getModel() {
    return model;
  }

  /** For DL4J's JSON. */
  public void setModel(String model) {
    this.model = model;
    this.config = null;
    this.entries = null;
  }

  /** How the model is computed. */
  public ComputeOptions getComputeOptions() {
    return computeOptions;
  }

  /** For DL4J's JSON. */
  public void setComputeOptions(ComputeOptions computeOptions) {
    this.computeOptions = computeOptions;
  }

  /** The model's configuration. */
  ModelConfig config() {
    if (config == null) {
      try {
        config =
            ModelConfig.fromMap(
                JSON.readValue(model, new TypeReference<LinkedHashMap<String, Object>>() {}),
                "the layer's configuration");
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("The layer's configuration is not JSON: " + model, e);
      }
    }
    return config;
  }

  /**
   * Where parameters lie, by DL4J's names, in the order of the flat vector. Kept, because DL4J asks
   * about every parameter in every step, and mixtures of experts have thousands.
   */
  Map<String, ParameterLayout.Entry> entries() {
    if (entries == null) {
      Map<String, ParameterLayout.Entry> byKey = new LinkedHashMap<>();
      for (ParameterLayout.Entry entry : ParameterLayout.of(config()).entries()) {
        byKey.put(LanguageModelParameters.key(entry.name()), entry);
      }
      entries = Collections.unmodifiableMap(byKey);
    }
    return entries;
  }

  @Override
  public org.deeplearning4j.nn.api.Layer instantiate(
      NeuralNetConfiguration configuration,
      Collection<TrainingListener> listeners,
      int index,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    CausalLanguageModelLayer layer = new CausalLanguageModelLayer(configuration, type);
    layer.setListeners(listeners);
    layer.setIndex(index);
    layer.setParamsViewArray(parameters);
    layer.setParamTable(initializer().init(configuration, parameters, initialize));
    layer.setConf(configuration);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return LanguageModelParameters.INSTANCE;
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return InputType.feedForward(config().vocabSize());
  }

  @Override
  public void setNIn(InputType input, boolean override) {
    // The sizes come from the model's configuration.
  }

  @Override
  public InputPreProcessor getPreProcessorForInputType(InputType input) {
    return null;
  }

  @Override
  public boolean isPretrainParam(String name) {
    return false;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType input) {
    return new LayerMemoryReport.Builder(
            layerName, CausalLanguageModel.class, input, getOutputType(-1, input))
        .standardMemory(ParameterLayout.of(config()).length(), 0)
        .build();
  }

  @Override
  public CausalLanguageModel clone() {
    return (CausalLanguageModel) super.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CausalLanguageModel that
        && super.equals(other)
        && Objects.equals(model, that.model)
        && Objects.equals(computeOptions, that.computeOptions);
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), model, computeOptions);
  }
}
