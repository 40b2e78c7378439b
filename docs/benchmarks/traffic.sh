#!/usr/bin/env bash
# Counts the bytes that travel per token and replica, beside those of data-parallel training, which sends the gradients of
# every step: docs/benchmarks/traffic.sh OUTPUT
#
# The preset char, two replicas, rounds of 100 steps, moments kept, deltas as fp32, bf16 and int8. What Spark wrote to its
# shuffles, after its own compression, is read off its event log.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
output=$1
mkdir -p "$output"
[[ -e $output/data ]] || "$root/submit/polyspark" prep --synthetic 1M --output "$output/data" > /dev/null
for deltas in fp32 bf16 int8; do
  rm -rf "${output:?}/$deltas" "${output:?}/events-$deltas"
  mkdir -p "$output/events-$deltas"
  "$root/submit/polyspark" train --config "$root/conf/train/char.yaml" --data "$output/data" --output "$output/$deltas" \
    --set steps=300 --set inner_steps=100 --set optimizer.warmup_steps=10 --set validation.every_rounds=0 \
    --set averaging.optimizer_state=kept --set "averaging.deltas=$deltas" --set checkpoint.every_rounds=3 \
    --set "averaging.error_feedback=$([[ $deltas == fp32 ]] && echo false || echo true)" -- \
    --conf spark.eventLog.enabled=true --conf "spark.eventLog.dir=file:$(readlink -f "$output/events-$deltas")" > /dev/null
done
python3 "$root/docs/benchmarks/traffic.py" "$output"
