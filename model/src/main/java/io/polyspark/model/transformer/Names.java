package io.polyspark.model.transformer;

/**
 * Hugging Face's names of the parameters of one block.
 *
 * @param layer the block, from 0
 */
record Names(int layer) {
  static final String EMBEDDING = "model.embed_tokens.weight";
  static final String FINAL_NORM = "model.norm.weight";
  static final String OUTPUT = "lm_head.weight";

  /** Part of the names of all experts' matrices. */
  static final String EXPERTS = ".mlp.experts.";

  /** Part of the names of all activations' vectors. */
  static final String ACTIVATION = ".mlp.act_fn.";

  String inputNorm() {
    return named("input_layernorm.weight");
  }

  String query() {
    return named("self_attn.q_proj.weight");
  }

  String key() {
    return named("self_attn.k_proj.weight");
  }

  String value() {
    return named("self_attn.v_proj.weight");
  }

  String attentionOutput() {
    return named("self_attn.o_proj.weight");
  }

  String queryNorm() {
    return named("self_attn.q_norm.weight");
  }

  String keyNorm() {
    return named("self_attn.k_norm.weight");
  }

  String mlpNorm() {
    return named("post_attention_layernorm.weight");
  }

  String gate() {
    return named("mlp.gate_proj.weight");
  }

  String up() {
    return named("mlp.up_proj.weight");
  }

  String down() {
    return named("mlp.down_proj.weight");
  }

  /** The router of a mixture of experts. */
  String router() {
    return named("mlp.gate.weight");
  }

  /** The matrices of one expert, from 0. */
  Expert expert(int expert) {
    String prefix = "model.layers." + layer + EXPERTS + expert + ".";
    return new Expert(
        prefix + "gate_proj.weight", prefix + "up_proj.weight", prefix + "down_proj.weight");
  }

  /** The names of one expert's matrices; {@code gate} only where the activation is a gate. */
  record Expert(String gate, String up, String down) {}

  /** A trained vector of the activation, {@code weight} or {@code bias} say. */
  String activation(String coefficients) {
    return "model.layers." + layer + ACTIVATION + coefficients;
  }

  private String named(String parameter) {
    return "model.layers." + layer + "." + parameter;
  }
}
