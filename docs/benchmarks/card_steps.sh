#!/usr/bin/env bash
# The half of docs/benchmarks/card.sh that runs where the card is: card_steps.sh DIR [STEP...]
#
# DIR is what card.sh --pack made. Each step has a time limit and a log, DIR/results/STEP.log; results are
# JSON lines in DIR/results, a table is printed at the end. Steps come in the order of what they are worth,
# for a machine that is lent for minutes. Exit code 1: a check failed, or a measurement gave nothing.
#
# Where steps are named the results of others stay, so that a run can be done in pieces.
# CARD_SECONDS limits all of it, 570 unless given. CARD_TINY=1 takes sizes for a dry run.
set -euo pipefail

pack=$(readlink -f "${1:?card_steps.sh DIR [STEP...]}")
shift
results=$pack/results
here=$pack/benchmarks
mkdir -p "$results"

CARD_SECONDS=${CARD_SECONDS:-570}
tiny=()
peer_device=cuda
heap=8g
if [[ -n ${CARD_TINY:-} ]]; then
  tiny=(--tiny)
  peer_device=cpu
  heap=1g
fi

# What CUDA's driver and toolkit bring: the names that the bindings ask for.
LIBRARIES=(libcuda.so.1 libcudart.so.13 libnvrtc.so.13 libcublasLt.so.13 libcublas.so.13)

note() {
  printf '%s\n' "$*" >&2
}

# Joins the parts of a group that was packed in parts, where all of them have arrived.
unpack() {
  local group=$1 marker=$2
  local parts=("$pack/$group".part-*)
  if [[ ! -e $pack/$marker && -e ${parts[0]} && ${#parts[@]} == "$(< "$pack/$group.count")" ]]; then
    cat "${parts[@]}" | tar -xz -C "$pack"
  fi
}

# Directories in which NVIDIA's libraries may lie, those of Python's packages first.
library_directories() {
  python3 - << 'END' 2> /dev/null || true
import glob
import site
import sysconfig

roots = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()}
for root in sorted(roots):
    for directory in sorted(glob.glob(f"{root}/nvidia/*/lib")):
        print(directory)
END
  printf '%s\n' /usr/local/cuda*/lib64 /usr/local/cuda*/targets/x86_64-linux/lib /usr/local/nvidia/lib64 \
    /usr/lib/x86_64-linux-gnu
}

# find_library NAME: prints its path; the loader's own path goes first.
find_library() {
  local name=$1 directory
  local directories=()
  IFS=: read -r -a directories <<< "${LD_LIBRARY_PATH:-}"
  for directory in "${directories[@]}" "${found_directories[@]}"; do
    if [[ -n $directory && -e $directory/$name ]]; then
      printf '%s\n' "$directory/$name"
      return 0
    fi
  done
  return 1
}

use_libraries() {
  local name file directory
  mapfile -t found_directories < <(library_directories)
  for name in "${LIBRARIES[@]}"; do
    if file=$(find_library "$name"); then
      note "$name: $file"
      directory=$(dirname "$file")
      if [[ :${LD_LIBRARY_PATH:-}: != *:"$directory":* ]]; then
        export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$directory"
      fi
    else
      note "$name: not found"
    fi
  done
}

# card_java CLASS ARGUMENT...: with what was packed, ND4J where it was too.
card_java() {
  "${wrapper[@]}" "$pack/jre/bin/java" "-Xmx$heap" -Dpolyspark.test.card=real "-Dgolden.dir=$pack/golden" \
    -Dorg.bytedeco.javacpp.maxbytes=0 -Dorg.bytedeco.javacpp.maxphysicalbytes=0 \
    "-Dlog4j2.configurationFile=$here/log4j2.properties" --add-modules jdk.incubator.vector \
    -cp "$pack/lib/*:$pack/oracle/*" "$@"
}

package=io.polyspark.model.benchmark
wrapper=()

environment() {
  uname -srm
  nvidia-smi --query-gpu=name,memory.total,compute_cap,driver_version --format=csv,noheader || nvidia-smi
  "$pack/jre/bin/java" -version
  python3 -c 'import torch; print("torch", torch.__version__)' || true
  local tool
  for tool in nvcc compute-sanitizer ncu; do
    command -v "$tool" || echo "$tool: not found"
  done
  printf 'LD_LIBRARY_PATH=%s\n' "${LD_LIBRARY_PATH:-}"
}

golden() {
  card_java "$package.CardChecks" "$results/checks.jsonl" io.polyspark.model.golden.GoldenCasesOnACardTest
}

bits() {
  card_java "$package.EveryCardKernel" twice
}

operations() {
  card_java "$package.CardBenchmark" "$results/measurements.jsonl" "${tiny[@]}" operations
}

dense() {
  card_java "$package.CardBenchmark" "$results/measurements.jsonl" "${tiny[@]}" dense
}

experts() {
  card_java "$package.CardBenchmark" "$results/measurements.jsonl" "${tiny[@]}" experts
}

# peer WHAT
peer() {
  python3 "$here/card_peer.py" "$results/measurements.jsonl" "${tiny[@]}" --device "$peer_device" "$1"
}

# sanitizer TOOL
sanitizer() {
  wrapper=(compute-sanitizer --tool "$1" --target-processes all --error-exitcode 9)
  card_java "$package.EveryCardKernel" once
}

# Every kernel against ND4J in float64.
oracle() {
  local tests
  mapfile -t tests < "$pack/oracle/tests"
  card_java "$package.CardChecks" "$results/checks.jsonl" "${tests[@]}"
}

# A replica on the card through the whole path, then its checkpoint's loss on the card and on the CPU.
spark() {
  local polyspark=$pack/tree/submit/polyspark run=$results/run device
  local jars=("$pack"/tree/target/polyspark-*.jar)
  export JAVA_HOME=$pack/jdk PATH=$pack/jdk/bin:$PATH POLYSPARK_JAR=${jars[0]}
  rm -rf "$run"
  "$polyspark" train --config "$pack/tree/conf/train/char.yaml" --data "$pack/data" --output "$run" \
    --set device=cuda --set replicas=1 --set steps=40 --set inner_steps=20 --set optimizer.warmup_steps=10 \
    --set checkpoint.every_rounds=1
  for device in cuda cpu; do
    "$polyspark" eval --checkpoint "$run" --data "$pack/data" --device "$device" --json |
      tail -n 1 > "$results/eval.$device.json"
  done
  python3 "$here/card_report.py" --compare "$results/eval.cuda.json" "$results/eval.cpu.json"
}

# Why a step cannot run here; nothing where it can.
missing() {
  case $1 in
    memcheck | racecheck) command -v compute-sanitizer > /dev/null || echo "compute-sanitizer is not here" ;;
    peer-*) python3 -c 'import torch.nn.functional as F; F.scaled_dot_product_attention' 2> /dev/null ||
      echo "PyTorch 2 is not here" ;;
    oracle) [[ -d $pack/oracle ]] || echo "ND4J was not packed" ;;
    spark) [[ -d $pack/tree ]] || echo "Spark was not packed" ;;
  esac
}

# record NAME CODE SECONDS NOTE
record() {
  printf '{"name": "%s", "code": %d, "seconds": %d, "note": "%s"}\n' "$@" >> "$results/steps.jsonl"
}

# step NAME LIMIT COMMAND...
step() {
  local name=$1 limit=$2 left=$((CARD_SECONDS - SECONDS)) start=$SECONDS code=0 why
  shift 2
  if ((${#chosen[@]} > 0)) && [[ " ${chosen[*]} " != *" $name "* ]]; then
    return
  fi
  why=$(missing "$name")
  if [[ -z $why ]] && ((left < 10)); then
    why="no time was left"
  fi
  if [[ -n $why ]]; then
    note "-- $name: left out, $why"
    record "$name" 0 0 "left out: $why"
    return
  fi
  limit=$((limit < left ? limit : left))
  note "== $name (at most $limit s)"
  # A function has no file that timeout could run: this script runs it again by its name.
  CARD_INSIDE=1 timeout --kill-after=5 "$limit" bash "${BASH_SOURCE[0]}" "$pack" "$@" \
    > "$results/$name.log" 2>&1 || code=$?
  tail -n 3 "$results/$name.log" | cut -c1-300 >&2
  record "$name" "$code" $((SECONDS - start)) "$( ((code == 124 || code == 137)) && echo "time limit of $limit s")"
}

if [[ -n ${CARD_INSIDE:-} ]]; then
  "$@"
  exit
fi

chosen=("$@")
unpack first jre
unpack nd4j oracle
unpack spark tree
note "Looking for CUDA's libraries"
use_libraries
if ((${#chosen[@]} == 0)); then
  rm -f "$results"/*.jsonl
fi

step environment 20 environment
step golden 120 golden
step bits 60 bits
step operations 60 operations
step dense 75 dense
step peer-alone 60 peer alone
step peer-dense 120 peer dense
step experts 75 experts
step peer-experts 100 peer experts
step memcheck 60 sanitizer memcheck
step racecheck 60 sanitizer racecheck
step oracle 90 oracle
step spark 150 spark

python3 "$here/card_report.py" "$results"
