#!/usr/bin/env bash
# Trains the preset `char` on one text with bytes as tokens, and prints the validation loss of every run: one replica with
# polynorm, polyrelu and swiglu (F 344, which matches their parameters), then two replicas averaged every 20 steps.
#
#   docs/experiments/tinyshakespeare.sh TEXT OUTPUT [SEED...]
#
# TEXT is one UTF-8 file, OUTPUT a directory of the experiment's own; runs that have ended there are not trained again.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
text=$1
output=$2
shift 2
seeds=("${@:-1337}")

data=$output/data
[[ -e $data ]] || "$root/submit/polyspark" prep --input "$text" --output "$data" \
  --split tail --validation-fraction 0.1

# run NAME SEED REPLICAS STEPS [--set KEY=VALUE]...
run() {
  local name=$1 seed=$2 replicas=$3 steps=$4
  shift 4
  local run=$output/$name-seed$seed
  if [[ ! -e $run.json ]]; then
    "$root/submit/polyspark" train --config "$root/conf/train/char.yaml" --data "$data" --output "$run" \
      --set "replicas=$replicas" --set "steps=$steps" --set "seed=$seed" --set validation.every_rounds=0 \
      --set checkpoint.every_rounds=1000 "$@" -- --master "local-cluster[$replicas,1,2048]"
    "$root/submit/polyspark" eval --checkpoint "$run" --data "$data" --json -- --master 'local[1]' |
      tail -n 1 >"$run.json.incomplete"
    mv "$run.json.incomplete" "$run.json"
  fi
  printf '%-24s seed %-6s %s\n' "$name" "$seed" "$(cat "$run.json")"
}

for seed in "${seeds[@]}"; do
  run polynorm "$seed" 1 2000
  run polyrelu "$seed" 1 2000 --set model.hidden_act=polyrelu
  run swiglu "$seed" 1 2000 --set model.hidden_act=swiglu --set model.intermediate_size=344
  run polynorm-2-replicas "$seed" 2 1000
done
