#!/usr/bin/env bash
# Times single operations of the kernels with JMH: docs/benchmarks/kernels.sh [JMH OPTIONS]
#
#   docs/benchmarks/kernels.sh                            all of them, in less than 6 minutes
#   docs/benchmarks/kernels.sh Linear -p dtype=BF16       one group, with products of bfloat16
#   docs/benchmarks/kernels.sh Activation -f 3 -i 10      others, longer
#   docs/benchmarks/kernels.sh -h                         what else JMH can do
#
# On as many threads as OMP_NUM_THREADS says, else on all cores. Beside the time of an operation
# stands its rate: GFLOP/s where arithmetic limits it, GB/s where memory does.
set -euo pipefail

# shellcheck source=submit/lib/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../submit/lib/environment.sh"

require_jdk
require_maven
cd "$POLYSPARK_ROOT"
classpath=$POLYSPARK_ROOT/model/target/benchmark-classpath
mvn -B -q -pl model test-compile dependency:build-classpath -Dmdep.outputFile="$classpath" >&2 ||
  fail "The build failed: see above."

OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)}
export OMP_NUM_THREADS
note "$OMP_NUM_THREADS threads, $(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)"
exec java -Xmx2g --add-modules jdk.incubator.vector \
  -cp "model/target/test-classes:model/target/classes:$(< "$classpath")" \
  org.openjdk.jmh.Main -prof io.polyspark.model.benchmark.WorkRate "$@"
