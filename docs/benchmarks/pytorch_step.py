"""One training step of the same model in PyTorch, to hold a replica of PolySpark against.

The model, written from the equations: RMSNorm, rotary positions, causal attention, an MLP or dropless experts
with PolyNorm, SwiGLU or GELU, cross-entropy; AdamW with clipping by global norm. Eager mode, float32, or products in
bfloat16 by autocast.

    OMP_NUM_THREADS=2 python3 docs/benchmarks/pytorch_step.py --act polynorm --intermediate 1536
    OMP_NUM_THREADS=2 python3 docs/benchmarks/pytorch_step.py --act polynorm --intermediate 768 --experts 8 --top-k 2
    OMP_NUM_THREADS=2 python3 docs/benchmarks/pytorch_step.py --activations-alone

On Debian: apt-get install python3-torch libopenblas0-openmp. Prints one JSON object.
"""

import argparse
import json
import math
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn


class RMSNorm(nn.Module):
    def __init__(self, width, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


class PolyNorm(nn.Module):
    """arXiv 2411.03884, equation 7, with the paper's order of coefficients."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full((3,), 1 / 3))
        self.bias = nn.Parameter(torch.zeros(1))

    @staticmethod
    def normed(x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)

    def forward(self, x):
        return (self.weight[0] * self.normed(x**3) + self.weight[1] * self.normed(x**2)
                + self.weight[2] * self.normed(x) + self.bias)


class Mlp(nn.Module):
    """One MLP, or one expert; experts share the layer's activation."""

    def __init__(self, hidden, inner, act, activation):
        super().__init__()
        self.up = nn.Linear(hidden, inner, bias=False)
        self.gate = nn.Linear(hidden, inner, bias=False) if act == "swiglu" else None
        self.down = nn.Linear(inner, hidden, bias=False)
        self.shared = [activation]

    def forward(self, x):
        if self.gate is not None:
            return self.down(F.silu(self.gate(x)) * self.up(x))
        return self.down(self.shared[0](self.up(x)))


class Experts(nn.Module):
    """OLMoE's dropless experts (arXiv 2409.02060), one after the other on the tokens routed to each."""

    def __init__(self, hidden, inner, act, activation, experts, top_k):
        super().__init__()
        self.router = nn.Linear(hidden, experts, bias=False)
        self.experts = nn.ModuleList(Mlp(hidden, inner, act, activation) for _ in range(experts))
        self.top_k = top_k

    def forward(self, x):
        logits = self.router(x)
        probabilities = torch.softmax(logits, -1)
        weights, chosen = probabilities.topk(self.top_k, -1)
        count = len(self.experts)
        share = F.one_hot(chosen, count).float().mean((0, 1))
        self.auxiliary = (0.01 * count * (share * probabilities.mean(0)).sum()
                          + 0.001 * torch.logsumexp(logits, -1).pow(2).mean())
        y = torch.zeros_like(x)
        for expert, mlp in enumerate(self.experts):
            rows, slot = torch.where(chosen == expert)
            y.index_add_(0, rows, mlp(x[rows]) * weights[rows, slot, None])
        return y


class Block(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.heads = args.heads
        self.norm1, self.norm2 = RMSNorm(args.hidden), RMSNorm(args.hidden)
        self.q, self.k, self.v, self.o = (nn.Linear(args.hidden, args.hidden, bias=False) for _ in range(4))
        activation = PolyNorm() if args.act == "polynorm" else nn.GELU()
        self.activation = activation
        if args.experts:
            self.mlp = Experts(args.hidden, args.intermediate, args.act, activation, args.experts, args.top_k)
        else:
            self.mlp = Mlp(args.hidden, args.intermediate, args.act, activation)

    def forward(self, x, cos, sin, mask):
        batch, context, hidden = x.shape
        n = self.norm1(x)
        q, k, v = (w(n).view(batch, context, self.heads, -1).transpose(1, 2) for w in (self.q, self.k, self.v))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + mask
        y = torch.softmax(scores, -1) @ v
        x = x + self.o(y.transpose(1, 2).reshape(batch, context, hidden))
        n = self.norm2(x)
        return x + self.mlp(n.view(-1, hidden)).view(batch, context, hidden)


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


class Model(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.embed = nn.Embedding(args.vocab, args.hidden)
        self.blocks = nn.ModuleList(Block(args) for _ in range(args.layers))
        self.norm = RMSNorm(args.hidden)
        self.head = nn.Linear(args.hidden, args.vocab, bias=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
        size = args.hidden // args.heads
        angles = torch.outer(torch.arange(args.context).float(), 10000 ** (-torch.arange(0, size, 2) / size))
        angles = torch.cat((angles, angles), -1)
        self.cos, self.sin = angles.cos(), angles.sin()
        self.mask = torch.full((args.context, args.context), float("-inf")).triu(1)

    def forward(self, tokens, targets):
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin, self.mask)
        loss = F.cross_entropy(self.head(self.norm(x)).view(-1, self.head.out_features), targets.view(-1))
        experts = [b.mlp.auxiliary for b in self.blocks if isinstance(b.mlp, Experts)]
        return loss + sum(experts) / len(experts) if experts else loss


def median_seconds(run, warm_up, repetitions):
    times = []
    for i in range(warm_up + repetitions):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times[warm_up:])


def peak_gflops():
    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    out = torch.empty(2048, 2048)
    best = min(median_seconds(lambda: torch.mm(a, b, out=out), 1, 5) for _ in range(3))
    return 2 * 2048**3 / best / 1e9


def step_of(args):
    torch.manual_seed(1)
    model = Model(args)
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
        lr=1e-3, betas=(0.9, 0.95), foreach=True)
    tokens = torch.randint(args.vocab, (args.batch, args.context + 1))

    def step():
        optimizer.zero_grad(set_to_none=False)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.dtype == "bf16"):
            loss = model(tokens[:, :-1], tokens[:, 1:].contiguous())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    seconds = median_seconds(step, args.warm_up, args.steps)
    total = sum(p.numel() for p in model.parameters())
    active = total - model.embed.weight.numel()
    if args.experts:
        one = sum(p.numel() for p in model.blocks[0].mlp.experts[0].parameters())
        active -= args.layers * (args.experts - args.top_k) * one
    flops = 6 * active + 6 * args.layers * args.context * args.hidden
    peak = peak_gflops()
    rate = args.batch * args.context / seconds
    return {"parameters": total, "step_ms": 1000 * seconds, "tokens_per_second": rate,
            "peak_gflops": peak, "peak_share": rate * flops / peak / 1e9}


def activations_alone():
    result = {}
    for name, activation in (("polynorm", PolyNorm()), ("gelu", nn.GELU())):
        x = torch.randn(2048, 1536, requires_grad=True)
        g = torch.randn(2048, 1536)

        def run():
            x.grad = None
            activation(x).backward(g)

        result[name + "_ms"] = 1000 * median_seconds(run, 5, 30)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--act", choices=("polynorm", "swiglu", "gelu"), default="polynorm")
    parser.add_argument("--intermediate", type=int, default=1536)
    parser.add_argument("--hidden", type=int, default=384)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--vocab", type=int, default=8192)
    parser.add_argument("--experts", type=int, default=0)
    parser.add_argument("--top-k", type=int, default=2)
    parser.add_argument("--dtype", choices=("float32", "bf16"), default="float32", help="what matrix products read")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--activations-alone", action="store_true", help="time PolyNorm and GELU on [2048, 1536]")
    args = parser.parse_args()
    result = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    result.update(activations_alone() if args.activations_alone else step_of(args))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
