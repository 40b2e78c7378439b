#!/usr/bin/env bash
# Holds PolySpark's training step against the same model in PyTorch: docs/benchmarks/compare.sh [ROW ...]
#
#   docs/benchmarks/compare.sh                  polynorm swiglu experts bf16 alone: 10 minutes
#   docs/benchmarks/compare.sh polynorm alone   two of the rows
#
# The machine should have nothing else to do. The peers take turns, TURNS times each (2 unless it says
# otherwise), on as many threads as OMP_NUM_THREADS says, else on two, and the better median of each
# counts. PyTorch runs as it is, and once more with a C library that keeps freed memory. PyTorch is that of $PYTHON,
# else of python3. Prints Markdown.
set -euo pipefail

# shellcheck source=submit/lib/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../submit/lib/environment.sh"
# shellcheck source=docs/benchmarks/python.sh
source "$POLYSPARK_ROOT/docs/benchmarks/python.sh"

TURNS=${TURNS:-2}

# polyspark_step NAME [--set ...]
polyspark_step() {
  local name=$1
  shift
  submit/polyspark bench --config conf/train/small.yaml --batch 8 --context 256 --steps 20 --json "$@" |
    tail -n 1 >> "$results/$name.polyspark"
}

# pytorch NAME [OPTIONS]. The C library gives freed memory back to the system and gets it anew, page by
# page, in every step; told to keep it, PyTorch is faster, much so where an activation is many operations.
pytorch() {
  local name=$1
  shift
  "$python" docs/benchmarks/pytorch_step.py "$@" >> "$results/$name.pytorch"
  MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 \
    "$python" docs/benchmarks/pytorch_step.py "$@" >> "$results/$name.pytorch-keeping"
}

# step NAME [--set ...] -- [OPTIONS OF PYTORCH_STEP]
step() {
  local name=$1 turn
  local settings=()
  shift
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift
  for ((turn = 1; turn <= TURNS; turn++)); do
    note "$name, turn $turn of $TURNS"
    polyspark_step "$name" "${settings[@]}"
    pytorch "$name" "$@"
  done
}

# The activations without a model around them.
alone() {
  local turn
  for ((turn = 1; turn <= TURNS; turn++)); do
    note "alone, turn $turn of $TURNS"
    docs/benchmarks/kernels.sh ActivationAlone -rf json -rff "$results/alone.jmh" > /dev/null
    "$python" -c 'import json, sys
print(json.dumps({run["params"]["name"] + "_ms": run["primaryMetric"]["score"] for run in json.load(sys.stdin)}))' \
      < "$results/alone.jmh" >> "$results/alone.polyspark"
    pytorch alone --activations-alone
  done
}

run() {
  case $1 in
    polynorm) step polynorm -- --act polynorm --intermediate 1536 ;;
    swiglu)
      step swiglu --set model.hidden_act=swiglu --set model.intermediate_size=1024 -- \
        --act swiglu --intermediate 1024
      ;;
    experts)
      step experts --set model.num_experts=8 --set model.num_experts_per_tok=2 --set model.intermediate_size=768 -- \
        --act polynorm --intermediate 768 --experts 8 --top-k 2
      ;;
    bf16)
      if grep -q avx512_bf16 /proc/cpuinfo; then
        step bf16 --set dtype=bf16 -- --act polynorm --intermediate 1536 --dtype bf16
      else
        note "bf16 is left out: this processor has no AVX-512 BF16"
      fi
      ;;
    alone) alone ;;
    *) fail "There is no row '$1': take some of polynorm, swiglu, experts, bf16, alone." ;;
  esac
}

python=$(find_python torch) || fail "No Python here can import torch: install it (Debian: apt-get install python3-torch libopenblas0-openmp), or set PYTHON to one that can."
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
require_build
cd "$POLYSPARK_ROOT"
results=$(mktemp -d)
trap 'rm -r "$results"' EXIT
if (($# == 0)); then
  set -- polynorm swiglu experts bf16 alone
fi
for row in "$@"; do
  run "$row"
done

"$python" - "$results" << 'END'
import json
import pathlib
import sys

ROWS = {
    "polynorm": "polynorm, F 1536",
    "swiglu": "swiglu, F 1024",
    "experts": "polynorm, 8 experts of F 768, 2 per token",
    "bf16": "polynorm, F 1536, products in bfloat16",
}
results = pathlib.Path(sys.argv[1])


def turns(name, peer):
    file = results / f"{name}.{peer}"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


PEERS = ("polyspark", "pytorch", "pytorch-keeping")


def best(name, key):
    """Of each peer the turn with the least of a number; nothing where the row was not asked for."""
    found = [turns(name, peer) for peer in PEERS]
    return [min(peer, key=lambda turn: turn[key]) for peer in found] if all(found) else None


steps = {name: found for name in ROWS if (found := best(name, "step_ms"))}
if steps:
    print("| model | PolySpark: tokens/s | step, ms | products, % | peak, GFLOP/s | PyTorch: tokens/s | step, ms "
          "| ratio | keeping memory: tokens/s | step, ms | ratio |")
    print("|" + " --- |" * 11)
for name, (ours, *theirs) in steps.items():
    cells = [ROWS[name], f"{ours['tokens_per_second']:,.0f}", f"{ours['step_ms']:,.0f}",
             f"{100 * ours['products_share']:.1f}", f"{ours['peak_gflops']:.0f}"]
    for peer in theirs:
        cells += [f"{peer['tokens_per_second']:,.0f}", f"{peer['step_ms']:,.0f}",
                  f"{ours['tokens_per_second'] / peer['tokens_per_second']:.2f}"]
    print("| " + " | ".join(cells) + " |")

if best("alone", "polynorm_ms"):
    print("\n| forward and backward on [2048, 1536] | PolySpark, ms | PyTorch, ms | keeping memory, ms |")
    print("|" + " --- |" * 4)
    for activation in ("polynorm", "gelu"):
        key = activation + "_ms"
        print(f"| {activation} | " + " | ".join(f"{turn[key]:.2f}" for turn in best("alone", key)) + " |")
END
