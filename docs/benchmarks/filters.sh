#!/usr/bin/env bash
# Times the stages that clean documents, on one thread, and says what each removes:
#
#   docs/benchmarks/filters.sh FILE... [--evaluation=FILE...]
#
# Text files are one document each, JSON lines one document a line; they are read into memory first. A rate is the best of
# three seconds of the thread's processor time, in bytes of UTF-8 that go in, whatever else the machine does meanwhile.
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

note "one thread, $(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)"
exec java -Xmx2g -cp "data-prep/target/test-classes:data-prep/target/classes:$(< "$classpath")" \
  io.polyspark.prep.filter.FilterSpeed "${files[@]}"
