"""What docs/benchmarks/card.sh measures on a card, in PyTorch: the same shapes, batch and formula of FLOPs.

PolyNorm alone, eager and compiled; training steps of the PolyCom paper's dense model and of its mixture of experts,
eager and compiled, with PyTorch's fused attention, fused AdamW, bfloat16 by autocast over float32 parameters; experts
by torch's grouped product over sorted tokens, where there is one. Compiled block by block: the blocks are equal, so
that a minute is enough, and what lies between them is one addition.

    python3 docs/benchmarks/card_peer.py RESULTS.jsonl alone dense experts
    python3 docs/benchmarks/card_peer.py RESULTS.jsonl --tiny --device cpu alone dense experts

Appends JSON lines to the file.
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import nn

from pytorch_step import PolyNorm, RMSNorm, rotate


@dataclass(frozen=True)
class Shape:
    """The sizes of conf/model/; letters as there."""

    vocab: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    context: int
    batch: int
    experts: int = 0
    top_k: int = 0
    qk_norm: bool = False
    deviation: float = 0.02


DENSE = Shape(32000, 2048, 8256, 24, 16, 4096, 4, deviation=0.013975424859373686)
EXPERTS = Shape(50304, 2048, 1536, 4, 16, 4096, 4, experts=64, top_k=8, qk_norm=True)
TINY = Shape(257, 16, 32, 2, 2, 16, 1)
TINY_EXPERTS = Shape(257, 16, 16, 2, 2, 16, 1, experts=4, top_k=2, qk_norm=True)


class Mlp(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.up = nn.Linear(shape.hidden, shape.intermediate, bias=False)
        self.act_fn = PolyNorm()
        self.down = nn.Linear(shape.intermediate, shape.hidden, bias=False)
        self.auxiliary = None

    def forward(self, x):
        return self.down(self.act_fn(self.up(x)).to(x.dtype))


def grouped_product():
    """PyTorch's product of sorted rows with a matrix per group, or None."""
    return getattr(F, "grouped_mm", None) or getattr(torch, "_grouped_mm", None)


def by_groups(x, weight, ends):
    """x[S, in] sorted by expert, weight[E, in, out], ends[E]: rows of each expert with its own matrix."""
    product = grouped_product()
    if product is not None and x.is_cuda:
        return product(x.bfloat16(), weight.bfloat16(), offs=ends)
    starts = [0, *ends.tolist()]
    return torch.cat([x[a:b] @ w for a, b, w in zip(starts, starts[1:], weight)])


class Experts(nn.Module):
    """OLMoE's dropless experts (arXiv 2409.02060) on tokens sorted by expert."""

    def __init__(self, shape):
        super().__init__()
        self.top_k = shape.top_k
        self.router = nn.Linear(shape.hidden, shape.experts, bias=False)
        self.up = nn.Parameter(torch.empty(shape.experts, shape.hidden, shape.intermediate))
        self.down = nn.Parameter(torch.empty(shape.experts, shape.intermediate, shape.hidden))
        self.act_fn = PolyNorm()
        self.auxiliary = None

    def forward(self, x):
        rows = x.reshape(-1, x.shape[-1])
        logits = self.router(rows).float()
        probabilities = torch.softmax(logits, -1)
        weights, chosen = probabilities.topk(self.top_k, -1)
        flat = chosen.reshape(-1)
        counts = F.one_hot(flat, logits.shape[-1]).sum(0)
        self.auxiliary = (0.01 * logits.shape[-1] * (counts / flat.numel() * probabilities.mean(0)).sum()
                          + 0.001 * torch.logsumexp(logits, -1).pow(2).mean())
        order = torch.argsort(flat, stable=True)
        ends = counts.cumsum(0).to(torch.int32)
        inner = by_groups(rows[order // self.top_k], self.up, ends)
        y = by_groups(self.act_fn(inner).to(inner.dtype), self.down, ends)
        y = y * weights.reshape(-1)[order, None].to(y.dtype)
        return torch.zeros_like(rows, dtype=y.dtype).index_add(0, order // self.top_k, y).view_as(x)


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.heads = shape.heads
        self.norm1, self.norm2 = RMSNorm(shape.hidden), RMSNorm(shape.hidden)
        self.q_norm = RMSNorm(shape.hidden) if shape.qk_norm else nn.Identity()
        self.k_norm = RMSNorm(shape.hidden) if shape.qk_norm else nn.Identity()
        self.q, self.k, self.v, self.o = (nn.Linear(shape.hidden, shape.hidden, bias=False) for _ in range(4))
        self.mlp = Experts(shape) if shape.experts else Mlp(shape)

    def forward(self, x, cos, sin):
        batch, context, hidden = x.shape
        n = self.norm1(x)
        q, k, v = self.q_norm(self.q(n)), self.k_norm(self.k(n)), self.v(n)
        q, k, v = (z.view(batch, context, self.heads, -1).transpose(1, 2) for z in (q, k, v))
        q, k = rotate(q, cos, sin).to(v.dtype), rotate(k, cos, sin).to(v.dtype)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(y.transpose(1, 2).reshape(batch, context, hidden))
        return x + self.mlp(self.norm2(x))


class Model(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.embed = nn.Embedding(shape.vocab, shape.hidden)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.hidden)
        self.head = nn.Linear(shape.hidden, shape.vocab, bias=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=shape.deviation)
        size = shape.hidden // shape.heads
        angles = torch.outer(torch.arange(shape.context).float(), 10000 ** (-torch.arange(0, size, 2) / size))
        angles = torch.cat((angles, angles), -1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, tokens, targets):
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        loss = self.cross_entropy(x, targets)
        routers = [block.mlp.auxiliary for block in self.blocks if block.mlp.auxiliary is not None]
        return loss + sum(routers) / len(routers) if routers else loss

    def cross_entropy(self, x, targets):
        logits = self.head(self.norm(x)).view(-1, self.head.out_features)
        return F.cross_entropy(logits.float(), targets.reshape(-1))

    def compile_parts(self):
        # Never a silent return to eager mode.
        torch._dynamo.config.recompile_limit = 4 * len(self.blocks)
        torch._dynamo.config.fail_on_recompile_limit_hit = True
        for block in self.blocks:
            block.compile()
        self.cross_entropy = torch.compile(self.cross_entropy)


def flops_per_token(model, shape):
    """As io.polyspark.model.transformer.Flops counts them."""
    multiplied = sum(p.numel() for p in model.parameters()) - model.embed.weight.numel()
    if shape.experts:
        expert = 2 * shape.hidden * shape.intermediate
        multiplied -= shape.layers * (shape.experts - shape.top_k) * expert
    return 6 * (multiplied + shape.layers * shape.context * shape.hidden)


class Peer:
    def __init__(self, file, device, tiny):
        self.file = file
        self.device = device
        self.tiny = tiny
        self.repetitions = 1 if tiny else 9

    def add(self, name, **values):
        line = json.dumps({"name": name, **values})
        print(line, flush=True)
        with open(self.file, "a", encoding="utf-8") as out:
            out.write(line + "\n")

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def seconds(self, run, calls):
        self.wait()
        start = time.perf_counter()
        for _ in range(calls):
            run()
        self.wait()
        return (time.perf_counter() - start) / calls

    def median_seconds(self, run, least=0.02):
        """The median of repetitions, each of as many calls as take `least` seconds; some uncounted calls first."""
        one = [self.seconds(run, 1) for _ in range(1 if self.tiny else 4)][-1]
        calls = 1 if self.tiny else max(1, min(200, int(least / one) + 1))
        return statistics.median(self.seconds(run, calls) for _ in range(self.repetitions))

    def autocast(self):
        return torch.autocast(self.device, torch.bfloat16)

    def alone(self):
        count, square, rows, width = (1 << 12, 32, 16, 32) if self.tiny else (1 << 29, 8192, 16384, 8256)
        random = {"device": self.device, "dtype": torch.bfloat16}
        a, b = torch.randn(count, **random), torch.empty(count, **random)
        seconds = self.median_seconds(lambda: b.copy_(a))
        self.add("peer copy", milliseconds=1e3 * seconds, gigabytes_per_second=4e-9 * count / seconds)
        a, b = torch.randn(square, square, **random), torch.randn(square, square, **random)
        seconds = self.median_seconds(lambda: a @ b)
        self.add("peer product", milliseconds=1e3 * seconds, teraflops=2e-12 * square**3 / seconds)
        del a, b
        x = torch.randn(rows, width, requires_grad=True, **random)
        g = torch.randn(rows, width, **random)
        polynorm = PolyNorm().to(self.device)
        for name, activation in (("eager", polynorm), ("compiled", torch.compile(polynorm))):
            def run():
                x.grad = None
                with self.autocast():
                    y = activation(x)
                y.backward(g.to(y.dtype))

            seconds = self.median_seconds(run)
            self.add(f"peer polynorm {name}", milliseconds=1e3 * seconds,
                     gigabytes_per_second=10e-9 * rows * width / seconds)

    def step(self, name, shape):
        for kind in ("eager", "compiled"):
            of = shape
            while not self.fits(f"peer {name} {kind}", kind, of):
                if of.batch == 1:
                    self.add(f"peer {name} {kind}", error="out of memory with B 1")
                    break
                of = replace(of, batch=of.batch // 2)

    def fits(self, name, kind, shape):
        try:
            self.measure(name, kind, shape)
            return True
        except RuntimeError as e:
            if "out of memory" not in str(e).lower():
                raise
        if self.device == "cuda":
            torch.cuda.empty_cache()
        return False

    def measure(self, name, kind, shape):
        torch.manual_seed(1)
        with torch.device(self.device):
            model = Model(shape)
        if kind == "compiled":
            model.compile_parts()
        matrices = [p for p in model.parameters() if p.dim() > 1]
        vectors = [p for p in model.parameters() if p.dim() <= 1]
        fused = {"fused": True} if self.device == "cuda" else {}
        optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
            lr=3e-6, betas=(0.9, 0.95), **fused)
        tokens = torch.randint(shape.vocab, (shape.batch, shape.context + 1), device=self.device)
        losses = []

        def step():
            optimizer.zero_grad(set_to_none=True)
            with self.autocast():
                loss = model(tokens[:, :-1], tokens[:, 1:])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())

        seconds = self.median_seconds(step, least=0)
        count = shape.batch * shape.context
        self.add(name, parameters=sum(p.numel() for p in model.parameters()), layers=shape.layers, batch=shape.batch,
                 context=shape.context, step_ms=1e3 * seconds, tokens_per_second=count / seconds,
                 teraflops=1e-12 * flops_per_token(model, shape) * count / seconds,
                 grouped_product=grouped_product() is not None, first_loss=losses[0], last_loss=losses[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="JSON lines, to whose end results go")
    parser.add_argument("what", nargs="+", choices=("alone", "dense", "experts"))
    parser.add_argument("--tiny", action="store_true", help="at sizes for a dry run")
    parser.add_argument("--device", default="cuda")
    args = parser.parse_intermixed_args()
    peer = Peer(args.file, args.device, args.tiny)
    peer.add("peer versions", torch=torch.__version__, cuda=torch.version.cuda, python=sys.version.split()[0])
    for what in args.what:
        if what == "alone":
            peer.alone()
        elif what == "dense":
            peer.step("dense", TINY if args.tiny else DENSE)
        else:
            peer.step("experts", TINY_EXPERTS if args.tiny else EXPERTS)


if __name__ == "__main__":
    main()
