#!/usr/bin/env bash
# Times the stages that clean documents, on one thread, says what each removes, and holds the four filters against the
# same rules in Python, verdict by verdict:
#
#   docs/benchmarks/filters.sh FILE... [--evaluation=FILE...]
#
# Text files are one document each, JSON lines one document a line; they are read into memory first. A rate is the best of
# three seconds of the thread's processor time, in bytes of UTF-8 that go in, whatever else the machine does meanwhile; in
# Python (filters_peer.py) the best of three passes. Ends with exit code 1 if a verdict differs. filters_documents.py makes
# documents of texts, with --edits some that lie near the thresholds.
set -euo pipefail

# shellcheck source=submit/lib/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../submit/lib/environment.sh"

[[ $# -gt 0 ]] || fail "Name at least one file: docs/benchmarks/filters.sh FILE..."
require_jdk
require_maven
files=()
for argument in "$@"; do
  case $argument in
    --evaluation=*) files+=("--evaluation=$(readlink -f "${argument#--evaluation=}")") ;;
    *) files+=("$(readlink -f "$argument")") ;;
  esac
done
cd "$POLYSPARK_ROOT"
classpath=$POLYSPARK_ROOT/data-prep/target/benchmark-classpath
mvn -B -q -pl data-prep -am test-compile dependency:build-classpath -Dmdep.outputFile="$classpath" >&2 ||
  fail "The build failed: see above."
results=$(mktemp -d)
trap 'rm -r "$results"' EXIT

note "one thread, $(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)"
java -Xmx2g -cp "data-prep/target/test-classes:data-prep/target/classes:model/target/classes:$(< "$classpath")" \
  io.polyspark.prep.filter.FilterSpeed "--verdicts=$results" "${files[@]}" | tee "$results/java.txt"

if ! command -v python3 > /dev/null; then
  note "There is no python3 to hold the verdicts and rates against."
  exit 0
fi
status=0
python3 docs/benchmarks/filters_peer.py "$results/documents.jsonl" --against "$results/verdicts.tsv" |
  tee "$results/python.txt" || status=$?
awk '/^the four filters/ { java = $(NF - 1) } /^the four in Python/ { python = $(NF - 1) }
  END { printf "the four filters are %.0f times as fast as in Python\n", java / python }' \
  "$results/java.txt" "$results/python.txt"
exit "$status"
