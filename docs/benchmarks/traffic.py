"""Prints the table of docs/benchmarks/traffic.sh from metrics.jsonl and Spark's event logs."""
import json
import pathlib
import sys

output = pathlib.Path(sys.argv[1])


def records(file, kind):
    return [r for r in map(json.loads, file.open()) if r["kind"] == kind]


def shuffled(events):
    """Bytes that tasks of training stages (those that write a shuffle) wrote."""
    total = 0
    for file in events.iterdir():
        for line in file.open():
            event = json.loads(line)
            if event["Event"] == "SparkListenerTaskEnd" and event["Task Type"] == "ShuffleMapTask":
                total += event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    return total


print(f"{'':24}{'up, counted':>14}{'up, on disk':>14}{'down':>10}{'fewer up':>10}{'down':>8}")
for deltas in ("fp32", "bf16", "int8"):
    run = output / deltas
    rounds = records(run / "metrics.jsonl", "round")
    replicas = len(rounds[0]["replica_steps"])
    tokens = rounds[-1]["tokens_seen"] / replicas
    steps = sum(r["replica_steps"][0] for r in rounds)
    header = (run / "checkpoints").glob("round-*/model.safetensors")
    with max(header).open("rb") as model:
        tensors = json.loads(model.read(int.from_bytes(model.read(8), "little")))
    parameters = sum(
        (t["data_offsets"][1] - t["data_offsets"][0]) // 4 for n, t in tensors.items() if n != "__metadata__"
    )
    gradients = 4 * parameters * steps / tokens
    up = sum(r["sent_bytes"] for r in rounds) / replicas / tokens
    wire = shuffled(output / f"events-{deltas}") / replicas / tokens
    down = sum(r["broadcast_bytes"] for r in rounds) / tokens
    print(
        f"{deltas + ', W ' + str(replicas) + ', H ' + str(steps // len(rounds)):24}{up:14.3f}{wire:14.3f}{down:10.3f}"
        f"{gradients / up:10.1f}{gradients / down:8.1f}"
    )
print(f"{'data-parallel, fp32':24}{gradients:14.3f}{'':14}{gradients:10.3f}")
