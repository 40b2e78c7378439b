#!/usr/bin/env python3
"""The loss of a checkpoint, computed without PolySpark.

A second implementation of the model in NumPy, written from the equations and sharing no code with the
first, to hold `polyspark eval` against: it reads model.safetensors and config.json of a checkpoint and the
token shards of a corpus, and prints the mean cross-entropy over every window of T = max_position_embeddings
tokens of a split as one JSON object.

    python3 docs/reference/evaluate.py --checkpoint RUN/checkpoints/round-0000100 --data DATA
    python3 docs/reference/evaluate.py --golden DIRECTORY      # against logits and losses kept in files

Letters: B windows, T positions, D hidden size, H query heads, G key-value heads, A = D / H, F inner width of
the MLP, V vocabulary. It needs Python 3.8 and NumPy. Dense models only.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np

POLYNOMIAL_EPSILON = 1e-6
SAFETENSORS_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


# ---- Files ----


def read_safetensors(path):
    """Name -> array. Eight bytes with the header's length, a JSON header, then the values."""
    with open(path, "rb") as file:
        header_length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_length))
    values = np.memmap(path, np.uint8, "r", offset=8 + header_length)
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            arrays[name] = values[begin:end].view(SAFETENSORS_TYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def read_shards(data, split):
    """The arrays of token ids of a split, and how many bytes of text each token stands for."""
    manifest = json.loads((data / "manifest.json").read_text())
    if split not in manifest["splits"]:
        sys.exit(f"{data} has no split {split}: it has {', '.join(manifest['splits'])}.")
    description = manifest["splits"][split]
    arrays = [np.load(data / file["name"], mmap_mode="r") for file in description["files"]]
    for file, array in zip(description["files"], arrays):
        if len(array) != file["tokens"]:
            sys.exit(f"{data / file['name']} has {len(array)} tokens, the manifest says {file['tokens']}.")
    return arrays, description["text_bytes"] / description["tokens"]


def windows(arrays, context, batch):
    """Batches [B, T + 1]: windows at stride T within an array; what is left at its end is left out."""
    pending = []
    for array in arrays:
        for start in range(0, len(array) - context, context):
            pending.append(np.asarray(array[start : start + context + 1], dtype=np.int64))
            if len(pending) == batch:
                yield np.stack(pending)
                pending = []
    if pending:
        yield np.stack(pending)


# ---- The model ----


def rms_norm(x, weight, epsilon):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * weight


def rotate(x, theta):
    """Rotary positions on x [B, heads, T, A]: dimensions i and i + A/2 turn by t * theta^(-2i/A)."""
    positions, width = x.shape[-2:]
    frequencies = theta ** (-np.arange(0, width, 2) / width)
    angles = np.arange(positions)[:, None] * frequencies
    cosine, sine = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = x[..., : width // 2], x[..., width // 2 :]
    return np.concatenate((first * cosine - second * sine, second * cosine + first * sine), axis=-1)


def softmax(x):
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def sigmoid(x):
    return 0.5 * (np.tanh(0.5 * x) + 1.0)


class ErrorFunction:
    """erf by cubic Hermite interpolation between exact values, with an error below 1e-13."""

    def __init__(self, reach=6.0, per_unit=1024):
        self.reach, self.per_unit = reach, per_unit
        nodes = np.arange(int(2 * reach * per_unit) + 2) / per_unit - reach
        self.values = np.array([math.erf(node) for node in nodes])
        self.slopes = 2.0 / math.sqrt(math.pi) * np.exp(-nodes * nodes) / per_unit

    def __call__(self, x):
        place = (np.clip(x.astype(np.float64), -self.reach, self.reach) + self.reach) * self.per_unit
        left = place.astype(np.int64)
        u = place - left
        rise = self.values[left + 1] - self.values[left]
        a = self.slopes[left] - rise
        b = rise - self.slopes[left + 1]
        between = u * (1 - u) * (a * (1 - u) + b * u)
        return (self.values[left] + rise * u + between).astype(x.dtype)


erf = ErrorFunction()


def polynomial(powers, weight, bias):
    """a_0 + a_1 y_1 + a_2 y_2 + a_3 y_3; the weights are kept highest power first."""
    return bias[0] + sum(weight[3 - i] * powers(i) for i in (1, 2, 3))


def activate(name, x, weights, prefix):
    """The activations F -> F."""
    if name == "relu":
        return np.maximum(x, 0)
    if name == "gelu":
        return 0.5 * x * (1 + erf(x / math.sqrt(2)))
    weight, bias = weights[prefix + "act_fn.weight"], weights[prefix + "act_fn.bias"]
    if name == "polyrelu":
        positive = np.maximum(x, 0)
        return polynomial(lambda i: positive**i, weight, bias)
    if name == "polynorm":
        return polynomial(lambda i: rms_norm(x**i, 1, POLYNOMIAL_EPSILON), weight, bias)
    sys.exit(f"This program does not know hidden_act {name}.")


class Model:
    """A dense decoder-only transformer."""

    def __init__(self, config, weights):
        """config: keys as in config.json; weights: name -> array of the type to compute in."""
        if config.get("num_experts", 0):
            sys.exit("This program computes dense models; the checkpoint's num_experts is not 0.")
        self.weights = weights
        self.layers = config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]
        self.key_value_heads = config.get("num_key_value_heads", self.heads)
        self.epsilon = config["rms_norm_eps"]
        self.theta = config["rope_theta"]
        self.qk_norm = config.get("qk_norm", False)
        acts = config["hidden_act"]
        self.acts = [acts] * self.layers if isinstance(acts, str) else acts

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T

    def normalize(self, x, name):
        return rms_norm(x, self.weights[name + ".weight"], self.epsilon)

    def attention(self, x, prefix):
        batch, context, hidden = x.shape
        q, k, v = (self.linear(x, prefix + name) for name in ("q_proj", "k_proj", "v_proj"))
        if self.qk_norm:  # over all heads together
            q, k = self.normalize(q, prefix + "q_norm"), self.normalize(k, prefix + "k_norm")
        width = hidden // self.heads

        def split(y, heads):
            return y.reshape(batch, context, heads, width).transpose(0, 2, 1, 3)

        q = rotate(split(q, self.heads), self.theta)
        k = rotate(split(k, self.key_value_heads), self.theta)
        v = split(v, self.key_value_heads)
        queries_per_key = self.heads // self.key_value_heads
        k, v = np.repeat(k, queries_per_key, axis=1), np.repeat(v, queries_per_key, axis=1)
        scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(width)
        future = np.triu(np.ones((context, context), bool), 1)
        mixed = softmax(np.where(future, scores.dtype.type(-np.inf), scores)) @ v
        return self.linear(mixed.transpose(0, 2, 1, 3).reshape(batch, context, hidden), prefix + "o_proj")

    def mlp(self, x, act, prefix):
        up = self.linear(x, prefix + "up_proj")
        if act == "swiglu":
            gate = self.linear(x, prefix + "gate_proj")
            inner = gate * sigmoid(gate) * up
        else:
            inner = activate(act, up, self.weights, prefix)
        return self.linear(inner, prefix + "down_proj")

    def logits(self, tokens):
        """tokens [B, T] -> logits [B, T, V]."""
        x = self.weights["model.embed_tokens.weight"][tokens]
        for layer in range(self.layers):
            block = f"model.layers.{layer}."
            x = x + self.attention(self.normalize(x, block + "input_layernorm"), block + "self_attn.")
            normed = self.normalize(x, block + "post_attention_layernorm")
            x = x + self.mlp(normed, self.acts[layer], block + "mlp.")
        x = self.normalize(x, "model.norm")
        head = "lm_head" if "lm_head.weight" in self.weights else "model.embed_tokens"
        return self.linear(x, head)


def cross_entropy(logits, targets):
    """The sum over all positions of -ln softmax(logits)[target], summed in float64."""
    logits = logits.astype(np.float64)
    largest = logits.max(axis=-1)
    total = np.log(np.exp(logits - largest[..., None]).sum(axis=-1)) + largest
    return (total - np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]).sum()


# ---- What a person runs ----


def evaluate(checkpoint, data, split, dtype, batch):
    config = json.loads((checkpoint / "config.json").read_text())
    arrays = read_safetensors(checkpoint / "model.safetensors")
    model = Model(config, {name: np.array(array, dtype) for name, array in arrays.items()})
    shards, bytes_per_token = read_shards(data, split)
    total, tokens = 0.0, 0
    for window in windows(shards, config["max_position_embeddings"], batch):
        total += cross_entropy(model.logits(window[:, :-1]), window[:, 1:])
        tokens += window[:, 1:].size
    if tokens == 0:
        sys.exit(f"{data} has no window of {config['max_position_embeddings'] + 1} tokens in {split}.")
    loss = total / tokens
    return {
        "loss": loss,
        "perplexity": math.exp(loss),
        "bits_per_byte": loss / math.log(2) / bytes_per_token,
        "tokens": tokens,
    }


def compare(directory, dtype):
    """The largest differences from a case's logits, relative to the largest of them, and from its loss."""
    config = json.loads((directory / "case.json").read_text())
    weights = {
        path.name[len("param.") : -len(".npy")]: np.load(path).astype(dtype)
        for path in directory.glob("param.*.npy")
    }
    logits = Model(config, weights).logits(np.load(directory / "ids.npy"))
    expected = np.load(directory / "logits.npy")
    targets = np.load(directory / "targets.npy").astype(np.int64)
    return {
        "case": directory.name,
        "logits": float(np.abs(logits - expected).max() / np.abs(expected).max()),
        "loss": float(abs(cross_entropy(logits, targets) / targets.size - np.load(directory / "ce.npy").item())),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, help="directory with model.safetensors and config.json")
    parser.add_argument("--data", type=Path, help="directory with manifest.json and token shards")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="type to compute in")
    parser.add_argument("--batch", type=int, default=32, help="windows computed at a time")
    parser.add_argument("--golden", type=Path, help="compare with the dense cases lm-dense-* of this directory")
    options = parser.parse_args()
    dtype = np.dtype(options.dtype)
    if options.golden:
        for directory in sorted(options.golden.glob("lm-dense-*")):
            print(json.dumps(compare(directory, dtype)))
    elif options.checkpoint and options.data:
        print(json.dumps(evaluate(options.checkpoint, options.data, options.split, dtype, options.batch)))
    else:
        parser.error("give --checkpoint and --data, or --golden")


if __name__ == "__main__":
    main()
