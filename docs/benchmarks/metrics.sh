#!/usr/bin/env bash
# What metrics cost: a replica's steps with a record for each and every sink, beside steps without
# any, and what drift adds to averaging: docs/benchmarks/metrics.sh [CONFIG] [BLOCKS] [STEPS]
#
# CONFIG (default: conf/train/char.yaml) says which model; BLOCKS (40) of STEPS (20) steps of each
# kind take turns.
set -euo pipefail

# shellcheck source=submit/lib/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../submit/lib/environment.sh"

require_jdk
require_maven
cd "$POLYSPARK_ROOT"
config=${1:-conf/train/char.yaml}
directory=$(mktemp -d "${TMPDIR:-/tmp}/metrics.XXXXXX")
trap 'rm -rf "$directory"' EXIT
# Every module writes it; the last is spark-jobs.
mvn -B -q -pl spark-jobs -am test-compile dependency:build-classpath \
  -Dmdep.outputFile="$directory/classpath" >&2 || fail "The build failed: see above."

options=(-Xmx2g --add-modules=jdk.incubator.vector)
while read -r option; do
  options+=("$option")
done < <(sed -n 's/.*<spark.module.options>\(.*\)<\/spark.module.options>.*/\1/p' pom.xml | tr ' ' '\n')
classes="$PWD/spark-jobs/target/test-classes:$PWD/spark-jobs/target/classes:$(< "$directory/classpath")"
export SPARK_LOCAL_IP=127.0.0.1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
java "${options[@]}" -cp "$classes" io.polyspark.train.MetricsCost \
  "$config" "$directory" "${2:-40}" "${3:-20}"
for format in FP32 BF16 INT8; do
  java "${options[@]}" -cp "$classes" io.polyspark.train.averaging.DriftCost "$format"
done
