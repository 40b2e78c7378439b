#!/usr/bin/env python3
"""Prints the table of docs/experiments/local-sgd.sh and draws its curves: local_sgd.py OUTPUT [CURVES.png]

Cells are the validation loss at the end in nats per token, the mean over seeds and, behind it, half of their range.
"""

import json
import pathlib
import re
import sys

RUN = re.compile(r"(sync|average|nesterov)-w(\d+)(?:-h(\d+))?-seed(\d+)$")


def read(output):
    """(kind, W, H) -> {seed: [(tokens seen, validation loss)]}."""
    runs = {}
    for directory in sorted(pathlib.Path(output).iterdir()):
        name = RUN.match(directory.name)
        if not name:
            continue
        kind, replicas, inner, seed = name.groups()
        curve = []
        for line in (directory / "metrics.jsonl").read_text().splitlines():
            record = json.loads(line)
            if record["kind"] == "round" and record.get("validation_loss") is not None:
                curve.append((record["tokens_seen"], record["validation_loss"]))
        runs.setdefault((kind, int(replicas), int(inner or 0)), {})[int(seed)] = curve
    return runs


def cell(curves):
    if not curves:
        return ""
    ends = [curve[-1][1] for curve in curves.values()]
    return f"{sum(ends) / len(ends):.3f} ± {(max(ends) - min(ends)) / 2:.3f}"


def table(runs):
    replicas = sorted({key[1] for key in runs})
    inner = sorted({key[2] for key in runs if key[2]})
    seeds = sorted({seed for curves in runs.values() for seed in curves})
    print(f"Seeds {', '.join(map(str, seeds))}.\n")
    print("| | " + " | ".join(f"W = {w}" for w in replicas) + " |")
    print("| --- |" + " --- |" * len(replicas))
    print("| one replica, batch W times as large | "
          + " | ".join(cell(runs.get(("sync", w, 0))) for w in replicas) + " |")
    for kind in ("average", "nesterov"):
        for h in inner:
            print(f"| {kind}, H = {h} | " + " | ".join(cell(runs.get((kind, w, h))) for w in replicas) + " |")


def draw(runs, file):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    replicas = sorted({key[1] for key in runs})
    figure, axes = pyplot.subplots(1, len(replicas), figsize=(4 * len(replicas), 4), sharey=True)
    for axis, w in zip(axes, replicas):
        for (kind, number, h), curves in sorted(runs.items()):
            if number != w:
                continue
            points = list(zip(*curves.values()))
            tokens = [[point[0] for point in at][0] for at in points]
            losses = [sum(point[1] for point in at) / len(at) for at in points]
            label = "one replica" if kind == "sync" else f"{kind}, H {h}"
            axis.plot(tokens, losses, {"sync": "k-", "average": "--", "nesterov": "-"}[kind], label=label)
        axis.set_title(f"W = {w}")
        axis.set_xlabel("tokens")
        axis.legend(fontsize=7)
    axes[0].set_ylabel("validation loss, nats per token")
    figure.tight_layout()
    figure.savefig(file, dpi=110)


found = read(sys.argv[1])
table(found)
if len(sys.argv) > 2:
    draw(found, sys.argv[2])
