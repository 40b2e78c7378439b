#!/usr/bin/env bash
# Holds averaging every H steps against synchronous training, at equal tokens: W replicas, plain averages or DiLoCo's outer
# Nesterov momentum, against one replica whose batch is W times as large.
#
#   docs/experiments/local-sgd.sh TEXT OUTPUT [SEED...]
#
# TEXT is UTF-8 text (a file or a directory), OUTPUT a directory of the experiment's own; runs that have ended there are not
# trained again. Replicas are threads of one process, as many at a time as there are cores: it is quality that is measured.
# Afterwards docs/experiments/local_sgd.py OUTPUT prints the table and draws the curves.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
text=$1
output=$2
shift 2
seeds=("${@:-1337}")

BATCH=2
CONTEXT=64
TOKENS=512000

data=$output/data
[[ -e $data ]] || "$root/submit/polyspark" prep --input "$text" --output "$data" --split tail --validation-fraction 0.02

# run NAME SEED REPLICAS BATCH H [--set KEY=VALUE]...
run() {
  local name=$1 seed=$2 replicas=$3 batch=$4 inner=$5
  local run=$output/$name-seed$seed
  local steps=$((TOKENS / (replicas * batch * CONTEXT)))
  local rounds=$(((steps + inner - 1) / inner))
  shift 5
  [[ -e $run ]] && return
  rm -rf "$run.incomplete"
  echo "$name, seed $seed: $steps steps"
  "$root/submit/polyspark" train --config "$root/conf/train/char.yaml" --data "$data" --output "$run.incomplete" \
    --set model.hidden_size=64 --set model.intermediate_size=256 --set model.num_hidden_layers=2 \
    --set "replicas=$replicas" --set "batch=$batch" --set "context=$CONTEXT" --set "steps=$steps" --set "inner_steps=$inner" \
    --set "seed=$seed" --set optimizer.lr=2e-3 --set optimizer.min_lr=2e-4 --set "optimizer.warmup_steps=$((steps / 20))" \
    --set "validation.every_rounds=$((rounds > 10 ? rounds / 10 : 1))" --set validation.max_tokens=40000 \
    --set checkpoint.every_rounds=1000000 --set checkpoint.keep=1 "$@" -- --master 'local[2]' > /dev/null
  mv "$run.incomplete" "$run"
}

for seed in "${seeds[@]}"; do
  for replicas in 1 2 4 8; do
    run "sync-w$replicas" "$seed" 1 "$((BATCH * replicas))" 50
    for inner in 10 50 200; do
      if ((replicas > 1)); then
        run "average-w$replicas-h$inner" "$seed" "$replicas" "$BATCH" "$inner"
      fi
      run "nesterov-w$replicas-h$inner" "$seed" "$replicas" "$BATCH" "$inner" \
        --set averaging.outer=nesterov --set averaging.optimizer_state=kept
    done
  done
done
