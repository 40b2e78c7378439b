package io.polyspark.model.config;

import io.polyspark.model.activation.Activations;
import io.polyspark.model.read.ReadLimits;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The shape of a decoder-only transformer. Keys and meaning are those of Hugging Face's {@code
 * config.json}.
 *
 * @param vocabSize V, the number of token ids
 * @param hiddenSize D, the width of the residual stream
 * @param intermediateSize F, the inner width of the MLP, or of each expert
 * @param numHiddenLayers L, the number of blocks
 * @param numAttentionHeads H, which divides D
 * @param numKeyValueHeads the number of key-value heads, which divides H (grouped queries, arXiv
 *     2305.13245)
 * @param maxPositionEmbeddings the longest context T
 * @param hiddenAct what happens inside the MLP, one registered name per layer
 * @param rmsNormEps added to the mean square in RMSNorm (arXiv 1910.07467)
 * @param ropeTheta base of the rotary frequencies (arXiv 2104.09864)
 * @param numExperts E, 0 for a dense model
 * @param numExpertsPerTok K, experts per token; 0 for a dense model
 * @param qkNorm whether queries and keys are normalised over all heads (OLMoE, arXiv 2409.02060)
 * @param routerAuxLossCoef weight of the load-balancing loss
 * @param routerZLossCoef weight of the router's z-loss
 * @param normTopkProb whether the K routing weights are made to sum to one
 * @param tieWordEmbeddings whether the output projection is the embedding table
 * @param initializerRange standard deviation of the initial weights
 */
public record ModelConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads,
    int maxPositionEmbeddings,
    List<String> hiddenAct,
    double rmsNormEps,
    double ropeTheta,
    int numExperts,
    int numExpertsPerTok,
    boolean qkNorm,
    double routerAuxLossCoef,
    double routerZLossCoef,
    boolean normTopkProb,
    boolean tieWordEmbeddings,
    double initializerRange) {

  /** Every expert is a tensor of its own in a checkpoint. */
  private static final int MOST_EXPERTS = 1 << 16;

  /** At most: gate, up and down. */
  private static final int TENSORS_PER_MLP = 3;

  private static final List<String> KEYS =
      List.of(
          "vocab_size",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "num_key_value_heads",
          "max_position_embeddings",
          "hidden_act",
          "rms_norm_eps",
          "rope_theta",
          "num_experts",
          "num_experts_per_tok",
          "qk_norm",
          "router_aux_loss_coef",
          "router_z_loss_coef",
          "norm_topk_prob",
          "tie_word_embeddings",
          "initializer_range");

  /** Copies the list. */
  public ModelConfig {
    hiddenAct = List.copyOf(hiddenAct);
  }

  /** The width of one head, D / H. */
  public int headSize() {
    return hiddenSize / numAttentionHeads;
  }

  /** The width of all keys, and of all values. */
  public int keyValueSize() {
    return headSize() * numKeyValueHeads;
  }

  /** The number of MLPs that each token meets in a block: K, or 1 in a dense model. */
  public int mlpsPerToken() {
    return Math.max(1, numExpertsPerTok);
  }

  /** The number of MLPs in all blocks: each has tensors of its own. */
  public long mlps() {
    return (long) numHiddenLayers * Math.max(1, numExperts);
  }

  /** Whether the MLPs are mixtures of experts. */
  public boolean isMixtureOfExperts() {
    return numExperts > 0;
  }

  /**
   * Reads a configuration from its keys.
   *
   * @param source where the values come from, for messages
   * @throws UserError if a key is unknown or missing, a value is of the wrong type, or values do
   *     not go together
   */
  public static ModelConfig fromMap(Map<String, ?> values, String source) {
    ConfigReader in = new ConfigReader(values, source, KEYS);
    int layers = in.positive("num_hidden_layers", ReadLimits.LAYERS);
    int heads = in.positive("num_attention_heads", ReadLimits.WIDTH);
    int experts = in.nonNegative("num_experts", 0, Integer.MAX_VALUE);
    ModelConfig config =
        new ModelConfig(
            in.positive("vocab_size", ReadLimits.VOCABULARY),
            in.positive("hidden_size", ReadLimits.WIDTH),
            in.positive("intermediate_size", ReadLimits.INNER_WIDTH),
            layers,
            heads,
            in.positive("num_key_value_heads", heads, ReadLimits.WIDTH),
            in.positive("max_position_embeddings", ReadLimits.CONTEXT),
            in.names("hidden_act", layers),
            in.positiveNumber("rms_norm_eps", 1e-5),
            in.positiveNumber("rope_theta", 10_000),
            experts,
            in.nonNegative("num_experts_per_tok", 0, Integer.MAX_VALUE),
            in.flag("qk_norm", false),
            in.nonNegativeNumber("router_aux_loss_coef", 0.01),
            in.nonNegativeNumber("router_z_loss_coef", 0.001),
            in.flag("norm_topk_prob", false),
            in.flag("tie_word_embeddings", false),
            in.positiveNumber("initializer_range", 0.02));
    config.check(source);
    return config;
  }

  private void check(String source) {
    require(
        hiddenSize % numAttentionHeads == 0,
        "%s: hidden_size %d is not divisible by num_attention_heads %d; choose heads that divide it.",
        source,
        hiddenSize,
        numAttentionHeads);
    require(
        headSize() % 2 == 0,
        "%s: hidden_size %d over num_attention_heads %d gives heads of width %d, but rotary positions"
            + " need an even width.",
        source,
        hiddenSize,
        numAttentionHeads,
        headSize());
    require(
        numAttentionHeads % numKeyValueHeads == 0,
        "%s: num_attention_heads %d is not divisible by num_key_value_heads %d; every key-value head serves as many query heads.",
        source,
        numAttentionHeads,
        numKeyValueHeads);
    require(
        numExperts <= MOST_EXPERTS,
        "%s: num_experts is %d, but a layer may have at most %d.",
        source,
        numExperts,
        MOST_EXPERTS);
    require(
        mlps() <= ReadLimits.TENSORS / TENSORS_PER_MLP,
        "%s: num_hidden_layers %d with num_experts %d make more tensors than a checkpoint can hold;"
            + " choose fewer layers or experts.",
        source,
        numHiddenLayers,
        numExperts);
    require(
        numExperts > 0 || numExpertsPerTok == 0,
        "%s: num_experts_per_tok is %d, but num_experts is 0; give a number of experts, or 0 for both.",
        source,
        numExpertsPerTok);
    require(
        numExperts == 0 || (numExpertsPerTok >= 1 && numExpertsPerTok <= numExperts),
        "%s: num_experts_per_tok is %d, but must be from 1 to num_experts, which is %d.",
        source,
        numExpertsPerTok,
        numExperts);
    for (String act : hiddenAct) {
      require(
          Activations.names().contains(act),
          "%s: hidden_act '%s' is not known; accepted are %s.",
          source,
          act,
          String.join(", ", Activations.names()));
    }
  }

  private static void require(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw UserError.of(message, arguments);
    }
  }

  /**
   * The keys of {@code config.json} with their values, in order; {@link #fromMap} reads them back.
   */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("vocab_size", vocabSize);
    map.put("hidden_size", hiddenSize);
    map.put("intermediate_size", intermediateSize);
    map.put("num_hidden_layers", numHiddenLayers);
    map.put("num_attention_heads", numAttentionHeads);
    map.put("num_key_value_heads", numKeyValueHeads);
    map.put("max_position_embeddings", maxPositionEmbeddings);
    boolean uniform = Collections.frequency(hiddenAct, hiddenAct.get(0)) == hiddenAct.size();
    map.put("hidden_act", uniform ? hiddenAct.get(0) : hiddenAct);
    map.put("rms_norm_eps", rmsNormEps);
    map.put("rope_theta", ropeTheta);
    map.put("num_experts", numExperts);
    map.put("num_experts_per_tok", numExpertsPerTok);
    map.put("qk_norm", qkNorm);
    map.put("router_aux_loss_coef", routerAuxLossCoef);
    map.put("router_z_loss_coef", routerZLossCoef);
    map.put("norm_topk_prob", normTopkProb);
    map.put("tie_word_embeddings", tieWordEmbeddings);
    map.put("initializer_range", initializerRange);
    return map;
  }

  /**
   * Reads a configuration from a preset's name, a path to a YAML or JSON file, or the keys
   * themselves.
   *
   * @param presetOrPathOrMap a String or a Map
   * @param source where the value stands, for messages
   * @throws UserError as {@link #fromMap}, or if there is no such preset and no such file
   */
  public static ModelConfig load(Object presetOrPathOrMap, String source) {
    return ModelFiles.load(presetOrPathOrMap, source);
  }
}
