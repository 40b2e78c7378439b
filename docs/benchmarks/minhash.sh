#!/usr/bin/env bash
# Measures how fast documents get their fingerprints, and how many similar pairs become candidates, and holds speed and
# signatures against Python with NumPy (Debian: apt-get install python3-numpy): docs/benchmarks/minhash.sh [DATA]
#
# DATA has corpus/wikitext-2/{valid,test}.txt, corpus/tinyshakespeare.txt and web/c4-sample.*.json.gz, and is
# ../shared/data unless it is given. One thread; rates are per second of that thread's own time on a core, so other work
# on the machine disturbs them little. NumPy is that of $PYTHON, else of python3. Prints Markdown; ends with exit code 1
# where a signature differs. Takes three minutes.
set -euo pipefail

# shellcheck source=submit/lib/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../submit/lib/environment.sh"
# shellcheck source=docs/benchmarks/python.sh
source "$POLYSPARK_ROOT/docs/benchmarks/python.sh"

require_jdk
require_maven
data=$(readlink -f "${1:-$POLYSPARK_ROOT/../shared/data}")
[[ -d $data/corpus ]] || fail "There is no text in $data: give the directory that has corpus/ and web/."
cd "$POLYSPARK_ROOT"
classpath=$POLYSPARK_ROOT/data-prep/target/benchmark-classpath
mvn -B -q -pl data-prep -am test-compile dependency:build-classpath -Dmdep.outputFile="$classpath" >&2 ||
  fail "The build failed: see above."

results=$(mktemp -d)
trap 'rm -r "$results"' EXIT

note "$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)"
java -Xmx2g "-Ddata.dir=$data" \
  -cp "data-prep/target/test-classes:data-prep/target/classes:model/target/classes:$(< "$classpath")" \
  io.polyspark.prep.deduplicate.MinHashReport "$results"

if ! python=$(find_python numpy); then
  note "No Python here can import numpy: signatures and speed are held against nothing."
  exit 0
fi
printf '\n'
"$python" docs/benchmarks/minhash_peer.py "$results"
