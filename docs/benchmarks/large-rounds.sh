#!/usr/bin/env bash
# Takes a model of more than 2^30 parameters through two rounds of two replicas and into a checkpoint,
# with 1.25 GiB of heap for the driver and 1 GiB for the executor, and measures what that takes:
# docs/benchmarks/large-rounds.sh [MODEL] [DIRECTORY]
#
# The replicas do not train: they add noise to every parameter. What is left is all that travels. It
# needs about 60 GB of disk under DIRECTORY (default: a temporary one), which it removes.
set -euo pipefail

# shellcheck source=submit/lib/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../submit/lib/environment.sh"

require_jdk
require_maven
cd "$POLYSPARK_ROOT"
model=${1:-conf/model/dense-1.3b.yaml}
directory=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/large-rounds.XXXXXX")
trap 'rm -rf "$directory"' EXIT
# Every module writes it; the last is spark-jobs.
mvn -B -q -pl spark-jobs -am test-compile dependency:build-classpath \
  -Dmdep.outputFile="$directory/classpath" >&2 || fail "The build failed: see above."

options=(-Xmx1280m -XX:+UseParallelGC --add-modules=jdk.incubator.vector)
while read -r option; do
  options+=("$option")
done < <(sed -n 's/.*<spark.module.options>\(.*\)<\/spark.module.options>.*/\1/p' pom.xml | tr ' ' '\n')
export SPARK_LOCAL_DIRS=$directory/local SPARK_HOME=$directory/home SPARK_SCALA_VERSION=2.12
export SPARK_LOCAL_IP=127.0.0.1
mkdir -p "$SPARK_LOCAL_DIRS" "$SPARK_HOME/jars"
java "${options[@]}" -cp "$PWD/spark-jobs/target/test-classes:$PWD/spark-jobs/target/classes:$(< "$directory/classpath")" \
  io.polyspark.train.averaging.LargeRounds "$model" "$directory/checkpoint" 1024
