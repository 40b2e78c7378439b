#!/usr/bin/env bash
# Measures the memory of driver and executor against the number of parameters P and of replicas W, beside what
# training asks for: docs/benchmarks/memory.sh OUTPUT [CASE...]
#
# A CASE is W,HIDDEN,LAYERS,DRIVER_STATE; without any, all of the table in docs/BENCHMARKS.md are run. Replicas take two
# steps of one sequence in each of two rounds, one after the other in one executor. Every process is given the least heap
# that training asks for. Prints a line a case; OUTPUT keeps the runs' logs.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
output=$1
shift
cases=("${@:-}")
if (($# == 0)); then
  cases=(1,384,6,memory 2,384,6,memory 4,384,6,memory 8,384,6,memory
    1,1024,12,memory 2,1024,12,memory 4,1024,12,memory 4,1024,12,disk
    2,1536,18,memory 2,1536,18,disk)
fi
mkdir -p "$output"
[[ -e $output/data ]] || "$root/submit/polyspark" prep --synthetic 200k --output "$output/data" > /dev/null

# field NAME: a number of the doctor's JSON on the standard input.
field() {
  grep -o "\"$1\" *: *[0-9]*" | head -n 1 | grep -o '[0-9]*$'
}

# peak PATTERN: the largest resident memory in MiB that a live process whose command line has it has had.
peak() {
  local pid
  for pid in $(pgrep -f "$1" || true); do
    sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2> /dev/null || true
  done | sort -n | tail -n 1
}

printf '%12s %3s %-7s %14s %16s %19s %18s\n' parameters W state 'driver heap' 'driver resident' 'executor asked for' 'executor resident'
for case in "${cases[@]}"; do
  IFS=, read -r replicas hidden layers state <<< "$case"
  name=w$replicas-d$hidden-l$layers-$state
  run=$output/$name
  rm -rf "$run"
  settings=(--config "$root/conf/train/small.yaml" --set "replicas=$replicas" --set steps=4 --set inner_steps=2
    --set optimizer.warmup_steps=1 --set batch=1 --set context=16 --set "model.hidden_size=$hidden"
    --set "model.intermediate_size=$((4 * hidden))" --set "model.num_hidden_layers=$layers"
    --set "model.num_attention_heads=$((hidden / 64))" --set validation.every_rounds=0 --set checkpoint.every_rounds=1
    --set averaging.optimizer_state=kept --set "averaging.driver_state=$state")
  report=$("$root/submit/polyspark" doctor "${settings[@]}" --json -- --master 'local-cluster[1,2,20000]' 2> /dev/null | tail -n 1) || true
  driver=$(($(field driver_heap_bytes <<< "$report") / 1048576 + 1))
  given=$((driver < 1024 ? 1024 : driver))
  parameters=$(field parameters <<< "${report#*\"model\"}")
  replica=0
  for part in parameters gradients moments kept_activations shared_activations scratch validation; do
    replica=$((replica + $(field "$part" <<< "${report#*\"replica_bytes\"}")))
  done
  executor=$((($(field executor_heap_bytes <<< "$report") + replica) / 1048576 + 272))
  "$root/submit/polyspark" train "${settings[@]}" --data "$output/data" --output "$run" -- \
    --master "local-cluster[1,2,$executor]" --driver-memory "${given}m" > "$output/$name.log" 2>&1 &
  training=$!
  most_driver=0 most_executor=0
  while kill -0 $training 2> /dev/null; do
    now=$(peak "PolySpark.*train.*--output $run")
    most_driver=$((${now:-0} > most_driver ? now : most_driver))
    now=$(peak CoarseGrainedExecutorBackend)
    most_executor=$((${now:-0} > most_executor ? now : most_executor))
    sleep 0.5
  done
  wait $training || {
    echo "$name failed: see $output/$name.log" >&2
    exit 1
  }
  printf "%12d %3d %-7s %10d MiB %12d MiB %15d MiB %14d MiB\n" "$parameters" "$replicas" "$state" "$driver" \
    $((most_driver / 1024)) "$executor" $((most_executor / 1024))
  rm -rf "$run"
done
