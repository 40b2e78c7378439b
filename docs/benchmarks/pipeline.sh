#!/usr/bin/env bash
# Takes generated text through the whole pipeline and measures time, shuffles, disk and memory of each stage:
#
#   docs/benchmarks/pipeline.sh OUTPUT [MEGABYTES [KEY=VALUE...]]
#
# 5,000 MB of JSON lines in 40 files (io.polyspark.prep.synthetic.LargeCorpus: documents of 2.9 kB on average, 5 % said
# twice, 10 % said again with a few words changed), two executors of one core and 2 GiB of memory each, heap and all; every
# stage of conf/data/web.yaml but the languages. KEY=VALUE go to --set, such as tokenizer=FILE. OUTPUT takes about three
# times as many bytes as there is text; a corpus that is there already is taken. Prints Markdown; OUTPUT/measured.json keeps
# the numbers, and docs/benchmarks/pipeline.py OUTPUT prints them again.
set -euo pipefail

# shellcheck source=submit/lib/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../submit/lib/environment.sh"

(($# > 0)) || fail "Name a directory to work in: docs/benchmarks/pipeline.sh OUTPUT [MEGABYTES [KEY=VALUE...]]"
mkdir -p "$1"
output=$(readlink -f "$1")
megabytes=${2:-5000}
settings=(--set languages=off)
for setting in "${@:3}"; do
  settings+=(--set "$setting")
done

require_jdk
require_maven
require_build
if [[ ! -e $output/corpus.json ]]; then
  cd "$POLYSPARK_ROOT"
  classpath=$POLYSPARK_ROOT/data-prep/target/benchmark-classpath
  mvn -B -q -pl data-prep -am test-compile dependency:build-classpath -Dmdep.outputFile="$classpath" >&2 ||
    fail "The build failed: see above."
  rm -rf "$output/corpus"
  java -Xmx1g -cp "data-prep/target/test-classes:data-prep/target/classes:model/target/classes:$(< "$classpath")" \
    io.polyspark.prep.synthetic.LargeCorpus "$output/corpus" "$((megabytes * 1000000))" 40 > "$output/corpus.json.new"
  mv "$output/corpus.json.new" "$output/corpus.json"
fi

note "$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)"
rm -rf "${output:?}"/{events,local,data,_data.work,grown}
mkdir -p "$output/events" "$output/local"
export SPARK_LOCAL_DIRS=$output/local
prepare=("$POLYSPARK_ROOT/submit/polyspark" prep --config "$POLYSPARK_ROOT/conf/data/web.yaml" "${settings[@]}")
spark=(--master "local-cluster[2,1,2048]" --driver-memory 1g)
# The index of a corpus that grows, of one of the files.
"${prepare[@]}" --input "$output/corpus/00000.jsonl" --incremental --output "$output/grown" -- "${spark[@]}" >&2
exec python3 "$POLYSPARK_ROOT/docs/benchmarks/pipeline.py" "$output" "${prepare[@]}" --input "$output/corpus" \
  --output "$output/data" -- "${spark[@]}" \
  --conf spark.eventLog.enabled=true --conf "spark.eventLog.dir=file:$output/events"
